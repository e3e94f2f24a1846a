// HEAD and lists, credentials that expire, and stores that break their word.
#include <algorithm>

#include "core/engine/list/lister.hpp"
#include "tests/engine_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::test;

BOOST_AUTO_TEST_SUITE(engine_questions, *boost::unit_test::timeout(300))

BOOST_AUTO_TEST_CASE(expired_credentials_are_asked_for_and_waited_for) {
    Rig rig;
    rig.store->put("object", 3 * chunk);
    std::atomic<bool> fresh = false;
    rig.store->script(
        [&](const auto&) { return fresh ? Answer{} : refusal(ErrorKind::expired_credentials); });
    const auto reader = rig.reader(chunk);
    const auto stream = rig.open(*reader, rig.ask("object"));
    int brought = 0;
    const Poll patient = patience();
    const View whole = stream->whole([&] {
        patient();
        if (!rig.store->credentials.wanted()) return;
        ++brought;
        fresh = true;
        rig.store->credentials.set(nullptr);
    });
    BOOST_TEST(brought == 1);
    BOOST_TEST(MemoryStore::mismatch({whole.data(), whole.size()}, "object", 0) == 3 * chunk);
}

BOOST_AUTO_TEST_CASE(credentials_that_stay_expired_are_a_failure) {
    Rig rig;
    rig.store->put("object", chunk);
    rig.store->script([](const auto&) { return refusal(ErrorKind::expired_credentials); });
    const auto reader = rig.reader(chunk);
    const auto stream = rig.open(*reader, rig.ask("object"));
    const Failure failure =
        failure_of([&] { stream->whole([&] { rig.store->credentials.set(nullptr); }); });
    BOOST_TEST((failure.error.kind == ErrorKind::expired_credentials));
    BOOST_TEST(failure.attempts == 3);
}

BOOST_AUTO_TEST_CASE(a_wait_for_credentials_ends_with_its_stream) {
    Rig rig;
    rig.store->put("object", chunk);
    rig.store->script([](const auto&) { return refusal(ErrorKind::expired_credentials); });
    const auto reader = rig.reader(chunk);
    const auto stream = rig.open(*reader, rig.ask("object"));
    BOOST_CHECK_THROW(stream->wait_ready([&] {
        if (rig.store->credentials.wanted()) throw std::runtime_error("their source is broken");
    }),
                      std::runtime_error);
    stream->close(true);
}

BOOST_AUTO_TEST_CASE(unforeseen_exceptions_of_a_store_are_failures_too) {
    struct Broken final : ObjectStore {
        boost::asio::awaitable<void> get(const GetRequest&, BodySink&) override {
            throw std::runtime_error("broken store");
            co_return;
        }
        boost::asio::awaitable<ObjectMeta> head(const std::string&) override {
            throw std::runtime_error("broken store");
            co_return ObjectMeta{};
        }
        boost::asio::awaitable<ListPage> list_page(const ListRequest&) override {
            throw std::runtime_error("broken store");
            co_return ListPage{};
        }
        const std::string& origin() const override { return name; }
        const std::string name = "broken";
        std::string url_of(const std::string& key) const override { return "s3://broken/" + key; }
    };
    Rig rig;
    const auto broken = std::make_shared<Broken>();
    const auto reader = rig.reader(chunk);
    OpenRequest request;
    request.store = broken;
    request.key = "object";
    const auto stream = rig.open(*reader, request);
    const Failure failure = failure_of([&] { stream->wait_ready(patience()); });
    BOOST_TEST(failure.error.message == "broken store");
    const auto head =
        failure_of([&] { head_object(rig.engine, broken, "object", quick_retries(), patience()); });
    BOOST_TEST(head.error.message == "broken store");
    Lister lister(rig.engine, broken, "", 0, quick_retries());
    failure_of([&] { lister.next(patience()); });
}

BOOST_AUTO_TEST_CASE(lists_come_page_by_page_through_failures) {
    Rig rig;
    for (int i = 0; i < 95; ++i) rig.store->put("list/" + std::to_string(1000 + i), 10);
    rig.store->put("zebra", 10);
    rig.store->script_questions([](int number) -> std::optional<Error> {
        if (number % 3 == 1) return Error(ErrorKind::throttled, "slow down");
        return std::nullopt;
    });
    Lister lister(rig.engine, rig.store, "list/", 10, quick_retries());
    std::vector<std::string> keys;
    std::size_t pages = 0;
    while (const auto page = lister.next(patience())) {
        ++pages;
        for (const auto& object : *page) keys.push_back(object.key);
    }
    BOOST_TEST(pages == 10u);
    BOOST_TEST(keys.size() == 95u);
    BOOST_TEST(std::is_sorted(keys.begin(), keys.end()));
    BOOST_TEST(!lister.next(patience()).has_value());
    BOOST_TEST(rig.engine->stats().retries.load() > 0u);
}

BOOST_AUTO_TEST_CASE(a_list_that_fails_says_where) {
    Rig rig;
    rig.store->script_questions([](int) { return Error(ErrorKind::bucket_not_found, "no"); });
    Lister lister(rig.engine, rig.store, "some/prefix", 0, quick_retries());
    const Failure failure = failure_of([&] { lister.next(patience()); });
    BOOST_TEST((failure.error.kind == ErrorKind::bucket_not_found));
    BOOST_TEST(failure.url == "s3://memory/some/prefix");
    BOOST_TEST(failure.attempts == 1);
}

BOOST_AUTO_TEST_CASE(heads_are_retried_and_fail_by_name) {
    Rig rig;
    rig.store->put("object", 1234);
    rig.store->script_questions([](int number) -> std::optional<Error> {
        if (number < 2) return Error(ErrorKind::connection, "reset");
        return std::nullopt;
    });
    const ObjectMeta meta =
        head_object(rig.engine, rig.store, "object", quick_retries(), patience());
    BOOST_TEST(meta.size == 1234u);
    BOOST_TEST(meta.etag == "\"v0\"");
    const Failure failure = failure_of(
        [&] { head_object(rig.engine, rig.store, "absent", quick_retries(), patience()); });
    BOOST_TEST((failure.error.kind == ErrorKind::object_not_found));
    // Ended by the caller.
    rig.store->script_questions([](int) { return Error(ErrorKind::server, "always"); });
    const RetryRules slow{1000, std::chrono::seconds(30), std::chrono::seconds(60),
                          std::chrono::seconds(30), std::chrono::hours(1)};
    BOOST_CHECK_THROW(head_object(rig.engine, rig.store, "object", slow,
                                  [] { throw std::runtime_error("interrupted"); }),
                      std::runtime_error);
}

BOOST_AUTO_TEST_CASE(a_listing_that_does_not_go_on_ends) {
    struct Circle final : ObjectStore {
        boost::asio::awaitable<void> get(const GetRequest&, BodySink&) override { co_return; }
        boost::asio::awaitable<ObjectMeta> head(const std::string&) override {
            co_return ObjectMeta{};
        }
        boost::asio::awaitable<ListPage> list_page(const ListRequest&) override {
            // The second page names itself as the next one, or the first one again.
            ++pages;
            co_return ListPage{{}, by_turns && pages % 2 == 0 ? "again" : "same"};
        }
        const std::string& origin() const override { return name; }
        const std::string name = "circle";
        std::string url_of(const std::string& key) const override { return "s3://circle/" + key; }
        std::atomic<int> pages = 0;
        bool by_turns = false;
    };
    for (const bool by_turns : {false, true}) {
        Rig rig;
        const auto store = std::make_shared<Circle>();
        store->by_turns = by_turns;
        Lister lister(rig.engine, store, "p", 0, quick_retries());
        const Failure failure = failure_of([&] {
            for (int page = 0; page < 1000; ++page) lister.next(patience());
        });
        BOOST_TEST((failure.error.kind == ErrorKind::bad_response));
        BOOST_TEST(failure.url == "s3://circle/p");
        BOOST_TEST(store->pages.load() < 10);
    }
}

BOOST_AUTO_TEST_SUITE_END()
