// What every store must do. A new one joins by its StoreCase in the list below.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>
#include <optional>
#include <string>
#include <tuple>

#include "tests/store_conformance.hpp"

using namespace s3pipes;
using namespace s3pipes::test;

namespace {

using Stores = std::tuple<MemoryCase, S3Case>;

constexpr std::uint64_t size = 100'000;

void holds(const CollectingSink& sink, const std::string& key, ByteRange range, int version = 0) {
    BOOST_TEST(sink.whole());
    BOOST_TEST((sink.body == range));
    const auto bytes = std::as_bytes(std::span(sink.bytes));
    BOOST_TEST(bytes.size() == range.size());
    BOOST_TEST(MemoryStore::mismatch(bytes, key, range.begin, version) == bytes.size());
}

CollectingSink get_from(StoreCase& one, const GetRequest& request) {
    CollectingSink sink;
    one.loop.run(one.store().get(request, sink));
    return sink;
}

std::string failure_of_get(StoreCase& one, const GetRequest& request) {
    CollectingSink sink;
    const Error error = one.loop.error_of(one.store().get(request, sink));
    BOOST_TEST(!sink.meta);
    return name_of(error.kind);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(store_conformance)

BOOST_AUTO_TEST_CASE_TEMPLATE(whole_objects_and_parts, Store, Stores) {
    Store one;
    one.put("key", size);
    const auto all = get_from(one, whole());
    holds(all, "key", {0, size});
    BOOST_TEST(all.meta->size == size);
    BOOST_TEST(all.meta->etag.size() > 2u);
    BOOST_TEST(all.meta->last_modified == 1'700'000'000);
    for (const ByteRange range :
         {ByteRange{0, 1}, {0, size}, {1, size}, {size - 1, size}, {777, 7777}}) {
        const auto found = get_from(one, part(range.begin, range.end));
        holds(found, "key", range);
        BOOST_TEST(found.meta->size == size);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(ranges_that_reach_beyond_the_end, Store, Stores) {
    Store one;
    one.put("key", size);
    holds(get_from(one, part(0, 2 * size)), "key", {0, size});
    holds(get_from(one, part(size - 5, size + 5)), "key", {size - 5, size});
    for (const std::uint64_t begin : {size, 2 * size})
        BOOST_TEST(failure_of_get(one, part(begin, begin + 9)) == "range_not_satisfiable");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(objects_without_bytes, Store, Stores) {
    Store one;
    one.put("key", 0);
    for (const GetRequest& request : {whole(), part(0, 1), part(0, size)}) {
        const auto found = get_from(one, request);
        BOOST_TEST(found.whole());
        BOOST_TEST(found.bytes.empty());
        BOOST_TEST(found.meta->size == 0u);
    }
    BOOST_TEST(failure_of_get(one, part(1, 2)) == "range_not_satisfiable");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_version_that_is_meant, Store, Stores) {
    Store one;
    one.put("key", size);
    GetRequest request = part(5, 50);
    request.if_match = get_from(one, whole()).meta->etag;
    holds(get_from(one, request), "key", {5, 50});
    one.put("key", size);
    BOOST_TEST(failure_of_get(one, request) == "object_changed");
    holds(get_from(one, part(5, 50)), "key", {5, 50}, 1);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(weak_etags_are_no_conditions, Store, Stores) {
    Store one;
    one.put("key", size);
    one.give_weak_etags();
    GetRequest request = part(5, 50);
    request.if_match = get_from(one, whole()).meta->etag;
    BOOST_TEST(is_weak_etag(request.if_match));
    holds(get_from(one, request), "key", {5, 50});
}

BOOST_AUTO_TEST_CASE_TEMPLATE(objects_that_are_not_there, Store, Stores) {
    Store one;
    one.put("key", size);
    BOOST_TEST(failure_of_get(one, whole("other")) == "object_not_found");
    const Error error = one.loop.error_of(one.store().head("other"));
    BOOST_TEST((error.kind == ErrorKind::object_not_found));
    holds(get_from(one, whole()), "key", {0, size});
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_head_tells, Store, Stores) {
    Store one;
    one.put("key", size);
    const ObjectMeta meta = one.loop.run(one.store().head("key"));
    BOOST_TEST(meta.size == size);
    BOOST_TEST(meta.etag == get_from(one, whole()).meta->etag);
    BOOST_TEST(meta.last_modified == 1'700'000'000);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(pages_of_a_listing, Store, Stores) {
    Store one;
    for (const char* key : {"a", "p/1", "p/2", "p/3", "p/4", "p/5", "q"}) one.put(key, 7);
    std::string seen;
    ListRequest request{"p/", "", 2};
    int pages = 0;
    do {
        const ListPage page = one.loop.run(one.store().list_page(request));
        BOOST_TEST(page.objects.size() <= 2u);
        for (const ListedObject& object : page.objects) {
            seen += object.key + " ";
            BOOST_TEST(object.meta.size == 7u);
            BOOST_TEST(object.meta.etag == one.loop.run(one.store().head(object.key)).etag);
        }
        request.token = page.next_token;
        ++pages;
    } while (!request.token.empty() && pages < 10);
    BOOST_TEST(seen == "p/1 p/2 p/3 p/4 p/5 ");
    BOOST_TEST(pages == 3);
    BOOST_TEST(one.loop.run(one.store().list_page({})).objects.size() == 7u);
    const auto first_after = [&](const std::string& key) {
        return one.loop.run(one.store().list_page({"p/", "", 1, key})).objects.at(0).key;
    };
    BOOST_TEST(first_after("p/2") == "p/3");
    BOOST_TEST(first_after("p/2 ") == "p/3");
    BOOST_TEST(first_after("a") == "p/1");
    BOOST_TEST(one.loop.run(one.store().list_page({"p/", "", 1, "p/5"})).objects.empty());
    BOOST_TEST(one.loop.run(one.store().list_page({"none", "", 0})).objects.empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_sink_with_less_room_gets_no_more, Store, Stores) {
    Store one;
    one.put("key", size);
    for (const std::uint64_t room : {std::uint64_t{0}, std::uint64_t{1}, size / 2}) {
        CollectingSink sink;
        sink.room = room;
        one.loop.run(one.store().get(whole(), sink));
        BOOST_TEST(sink.in_place == room);
        BOOST_TEST(MemoryStore::mismatch(std::as_bytes(std::span(sink.bytes)), "key", 0) == room);
    }
    holds(get_from(one, whole()), "key", {0, size});
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_behind_is_passed_over, Store, Stores) {
    Store one;
    one.put("key", size);
    for (const std::uint64_t behind : {std::uint64_t{1}, size / 3, size}) {
        CollectingSink sink;
        sink.behind = behind;
        one.loop.run(one.store().get(whole(), sink));
        BOOST_TEST(sink.bytes.size() == size - behind);
        BOOST_TEST(sink.whole());
        BOOST_TEST(MemoryStore::mismatch(std::as_bytes(std::span(sink.bytes)), "key", behind) ==
                   size - behind);
        BOOST_TEST(sink.carrier == nullptr);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(cancelled_within_a_body, Store, Stores) {
    Store one;
    one.put("key", size);
    one.stall_next_body_after(size / 2);
    struct Telling final : BodySink {
        CollectingSink kept;
        std::function<void()> half;
        void asked() noexcept override { kept.asked(); }
        Place begin(const ObjectMeta& meta, ByteRange body) override {
            return kept.begin(meta, body);
        }
        void advanced(std::size_t total) override {
            kept.advanced(total);
            if (total == size / 2) half();
        }
        bool reserve(std::uint64_t bytes) override { return kept.reserve(bytes); }
    } sink;
    boost::asio::cancellation_signal signal;
    sink.half = [&] {
        boost::asio::post(one.loop.io,
                          [&] { signal.emit(boost::asio::cancellation_type::terminal); });
    };
    std::optional<bool> failed;
    const GetRequest request = whole();
    boost::asio::co_spawn(
        one.loop.io, one.store().get(request, sink),
        boost::asio::bind_cancellation_slot(
            signal.slot(), [&](std::exception_ptr failure) { failed = failure != nullptr; }));
    const auto latest = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!failed && std::chrono::steady_clock::now() < latest) one.loop.io.run_one_until(latest);
    BOOST_TEST((failed == true));
    BOOST_TEST(sink.kept.in_place == size / 2);
    holds(get_from(one, whole()), "key", {0, size});
}

BOOST_AUTO_TEST_CASE_TEMPLATE(keys_of_every_byte, Store, Stores) {
    Store one;
    std::string every = "a//../b/./";
    for (int byte = 0; byte < 256; ++byte) every += static_cast<char>(byte);
    for (const std::string& key : {every, std::string("/"), std::string("a+b%20c?d#e")}) {
        one.put(key, 10);
        holds(get_from(one, whole(key)), key, {0, 10});
        BOOST_TEST(one.loop.run(one.store().head(key)).size == 10u);
        const ListPage page = one.loop.run(one.store().list_page({key, "", 0}));
        BOOST_REQUIRE(page.objects.size() == 1u);
        BOOST_TEST((page.objects[0].key == key));
    }
}

BOOST_AUTO_TEST_SUITE_END()
