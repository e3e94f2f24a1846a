// ListObjects and ListObjectsV2, against a plain model of them.
#include <map>
#include <random>
#include <set>

#include "core/s3/uri.hpp"
#include "sim/s3/listing.hpp"
#include "sim_s3_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::sim;

namespace {

using Names = std::vector<std::string>;

// Keys and common prefixes, each in its order, over all pages.
struct Listed {
    Names keys, prefixes;
    std::size_t pages = 0;
};

Listed all_pages(Asked& s3, const std::string& question, int version) {
    Listed out;
    std::string position;
    for (;;) {
        const auto answer = s3.get("/bucket?encoding-type=url" + question + position);
        BOOST_TEST_REQUIRE(answer.status == 200u);
        BOOST_TEST((answer.kind == Answer::Kind::list));
        for (const auto& key : elements(answer.text, "Key")) out.keys.push_back(decode_form(key));
        // The first of them quotes the question.
        auto prefixes = elements(answer.text, "Prefix");
        prefixes.erase(prefixes.begin());
        for (const auto& prefix : prefixes) out.prefixes.push_back(decode_form(prefix));
        ++out.pages;
        if (element(answer.text, "IsTruncated") == "false") return out;
        if (version == 2) {
            const auto token = element(answer.text, "NextContinuationToken");
            position = "&continuation-token=" + encode_query(token);
        } else {
            auto marker = element(answer.text, "NextMarker");
            if (marker.empty()) marker = elements(answer.text, "Key").back();
            position = "&marker=" + marker;
        }
    }
}

Listed model(const std::set<std::string>& keys, const std::string& prefix,
             const std::string& delimiter, const std::string& after) {
    Listed out;
    for (const auto& key : keys) {
        if (!key.starts_with(prefix) || key <= after) continue;
        const auto at = delimiter.empty() ? key.npos : key.find(delimiter, prefix.size());
        if (at == key.npos) {
            out.keys.push_back(key);
            continue;
        }
        const auto shared = key.substr(0, at + delimiter.size());
        if (shared == after) continue;
        if (out.prefixes.empty() || out.prefixes.back() != shared) out.prefixes.push_back(shared);
    }
    return out;
}

FamilyRules shards(std::uint64_t count) {
    FamilyRules rules;
    rules.bucket = "bucket";
    rules.pattern = "train/shard-{:06d}.tar";
    rules.count = count;
    rules.size_bytes = 1000;
    return rules;
}

}  // namespace

BOOST_TEST_DONT_PRINT_LOG_VALUE(Names)

BOOST_AUTO_TEST_SUITE(sim_s3_listing)

BOOST_AUTO_TEST_CASE(any_keys_in_any_pages) {
    std::mt19937 random(7);
    const auto upto = [&](std::size_t limit) { return random() % (limit + 1); };
    const Names letters{"a", "b", "/", "-", "\xc3\xa4", "+", " ", "%", "&", "\xf0\x9f\x98\x80"};
    const auto word = [&](std::size_t longest) {
        std::string out;
        for (auto left = upto(longest); left > 0; --left) out += letters[upto(letters.size() - 1)];
        return out;
    };
    for (int round = 0; round < 60; ++round) {
        Asked s3;
        std::set<std::string> keys;
        FamilyRules family;
        family.bucket = "bucket";
        family.pattern = round % 2 ? "a/{:02d}/b" : "{:02d}";
        family.count = upto(40);
        family.first = upto(60);
        s3.service.add_family(family);
        s3.service.add_family(family);  // twice the same keys: each is listed once
        for (std::uint64_t i = 0; i < family.count; ++i) keys.insert(Family(family).key(i));
        for (auto left = upto(60); left > 0; --left) {
            const auto key = keys.empty() || upto(3) ? word(6) : *keys.begin();
            if (key.empty()) continue;
            if (upto(4) == 0) {
                s3.ask("DELETE", "/bucket/" + encode_path(key));
                keys.erase(key);
            } else {
                BOOST_TEST_REQUIRE(s3.put("/bucket/" + encode_path(key), "x").status == 200u);
                keys.insert(key);
            }
        }
        for (int question = 0; question < 20; ++question) {
            const auto prefix = upto(1) ? word(2) : "";
            const std::string delimiter = upto(1) ? "/" : upto(2) ? "" : word(2);
            const auto after = upto(2) ? "" : word(4);
            const auto limit = 1 + upto(9);
            std::string text = "&max-keys=" + std::to_string(limit);
            if (!prefix.empty()) text += "&prefix=" + encode_query(prefix);
            if (!delimiter.empty()) text += "&delimiter=" + encode_query(delimiter);
            const auto want = model(keys, prefix, delimiter, after);
            const auto count = want.keys.size() + want.prefixes.size();
            const auto v2 =
                all_pages(s3, text + "&list-type=2&start-after=" + encode_query(after), 2);
            BOOST_TEST_REQUIRE(v2.keys == want.keys);
            BOOST_TEST_REQUIRE(v2.prefixes == want.prefixes);
            BOOST_TEST(v2.pages == std::max<std::size_t>(1, (count + limit - 1) / limit));
            if (!after.empty()) continue;
            const auto v1 = all_pages(s3, text, 1);
            BOOST_TEST_REQUIRE(v1.keys == want.keys);
            BOOST_TEST_REQUIRE(v1.prefixes == want.prefixes);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_a_page_tells) {
    Asked s3;
    s3.service.add_family(shards(3000));
    const auto page = s3.get("/bucket?list-type=2&max-keys=5000&prefix=train%2F&fetch-owner=true");
    BOOST_TEST(elements(page.text, "Key").size() == 1000u);
    BOOST_TEST(element(page.text, "Name") == "bucket");
    BOOST_TEST(element(page.text, "Prefix") == "train/");
    BOOST_TEST(element(page.text, "MaxKeys") == "1000");
    BOOST_TEST(element(page.text, "KeyCount") == "1000");
    BOOST_TEST(element(page.text, "IsTruncated") == "true");
    BOOST_TEST(elements(page.text, "Owner").size() == 1000u);
    BOOST_TEST(element(page.text, "Size") == "1000");
    BOOST_TEST(element(page.text, "StorageClass") == "STANDARD");
    BOOST_TEST(page.prefix == "bucket/train/");
    const auto head = s3.ask("HEAD", "/bucket/" + element(page.text, "Key"));
    const auto etag = header_of(head, "ETag");
    BOOST_TEST(element(page.text, "ETag") == "&quot;" + etag.substr(1, 32) + "&quot;");

    const auto none = s3.get("/bucket?list-type=2&max-keys=0");
    BOOST_TEST(element(none.text, "KeyCount") == "0");
    BOOST_TEST(element(none.text, "IsTruncated") == "false");
    BOOST_TEST(elements(s3.get("/bucket?list-type=2&start-after=train%2Fshard-002998.tar").text,
                        "Key") == Names{"train/shard-002999.tar"});
}

BOOST_AUTO_TEST_CASE(a_billion_keys_cost_nothing) {
    Asked s3;
    auto rules = shards(1'000'000'000);
    rules.pattern = "n/{:010d}";
    s3.service.add_family(rules);
    rules.pattern = "o/{:010d}";
    s3.service.add_family(rules);
    const auto top = s3.get("/bucket?list-type=2&delimiter=%2F");
    BOOST_TEST(element(top.text, "KeyCount") == "2");
    const auto late = s3.get("/bucket?list-type=2&max-keys=2&start-after=n%2F0999999998");
    BOOST_TEST(elements(late.text, "Key") == (Names{"n/0999999999", "o/0000000000"}));
    BOOST_TEST(s3.ask("HEAD", "/bucket/o/0999999999").status == 200u);
    BOOST_TEST(s3.ask("HEAD", "/bucket/o/1000000000").status == 404u);
}

BOOST_AUTO_TEST_CASE(families) {
    Asked s3;
    auto rules = shards(100);
    rules.sigma = 0.6;
    rules.size_bytes = 100'000;
    s3.service.add_family(rules);
    const Family family(rules);
    double sum = 0;
    std::set<std::uint64_t> sizes;
    for (std::uint64_t i = 0; i < 100; ++i) {
        const auto answer = s3.get("/bucket/" + family.key(i));
        BOOST_TEST(answer.body_bytes() == family.size(i));
        sum += std::log(static_cast<double>(family.size(i)));
        sizes.insert(family.size(i));
    }
    BOOST_TEST(sizes.size() > 90u);
    BOOST_TEST(std::exp(sum / 100) == 100'000, boost::test_tools::tolerance(0.2));
    auto reseeded = rules;
    reseeded.seed = 1;
    BOOST_TEST(Family(reseeded).size(3) != family.size(3));
    auto next = rules;
    next.version = 2;
    BOOST_TEST(Family(next).object(3).etag != family.object(3).etag);
    BOOST_TEST(Family(next).size(3) == family.size(3));

    // Overwritten, it is what was put; deleted, it is gone, also from lists.
    const auto key = "/bucket/" + family.key(5);
    s3.put(key, "mine");
    BOOST_TEST(body_of(s3.get(key)) == "mine");
    BOOST_TEST(elements(s3.get("/bucket?list-type=2").text, "Key").size() == 100u);
    s3.ask("DELETE", key);
    BOOST_TEST(s3.told(s3.get(key)) == "404 NoSuchKey");
    BOOST_TEST(elements(s3.get("/bucket?list-type=2").text, "Key").size() == 99u);
    s3.put(key, "again");
    BOOST_TEST(elements(s3.get("/bucket?list-type=2").text, "Key").size() == 100u);

    for (const auto* pattern :
         {"none", "{:06d", "{:00d}", "{:6d}", "{:099d}", "{:0xd}", "{:02d}"}) {
        auto bad = shards(1000);
        bad.pattern = pattern;
        BOOST_CHECK_THROW(s3.service.add_family(bad), std::invalid_argument);
    }
    auto huge = shards(10);
    huge.size_bytes = ~std::uint64_t{0};
    BOOST_CHECK_THROW(s3.service.add_family(huge), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(questions_without_sense) {
    Asked s3;
    s3.service.add_family(shards(10));
    for (const auto* bad :
         {"max-keys=x", "max-keys=-1", "max-keys=2147483648", "max-keys=99999999999999999999999",
          "encoding-type=base64", "continuation-token=", "continuation-token=abc",
          "continuation-token=AAAAAAAAAAAAAAAAAAAA"})
        BOOST_TEST(s3.told(s3.get("/bucket?list-type=2&" + std::string(bad))) ==
                   "400 InvalidArgument");
    BOOST_TEST(s3.told(s3.get("/missing?list-type=2")) == "404 NoSuchBucket");
    BOOST_TEST(element(s3.get("/bucket?list-type=2&prefix=%ff%ff").text, "KeyCount") == "0");
    BOOST_TEST(behind_all("a\xff\xff") == "b");
    BOOST_TEST(behind_all("\xff") == "");
}

BOOST_AUTO_TEST_CASE(keys_that_no_xml_holds) {
    Asked s3;
    s3.put("/bucket/%3Ca%26%22%3E%0d", "x");
    BOOST_TEST(element(s3.get("/bucket").text, "Key") == "&lt;a&amp;&quot;&gt;&#xd;");
    BOOST_TEST(element(s3.get("/bucket?encoding-type=url").text, "Key") == "%3Ca%26%22%3E%0D");
}

BOOST_AUTO_TEST_SUITE_END()
