#include <boost/test/unit_test.hpp>
#include <random>
#include <string>

#include "core/s3/list_xml.hpp"
#include "core/words/error.hpp"

using namespace s3pipes;

namespace {

std::string listing(const std::string& inside) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
           "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" +
           inside + "</ListBucketResult>";
}

std::string object(const std::string& key, const std::string& size = "1") {
    return "<Contents><Key>" + key + "</Key><Size>" + size + "</Size></Contents>";
}

bool throws(const std::string& xml, ErrorKind kind) {
    try {
        parse_list_page(xml);
    } catch (const Error& e) {
        return e.kind == kind;
    }
    return false;
}

std::string nested(int depth) {
    std::string open, close;
    for (int i = 0; i < depth; ++i) {
        open += "<a>";
        close += "</a>";
    }
    return open + close;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(s3_list_xml)

BOOST_AUTO_TEST_CASE(a_whole_page) {
    const auto page = parse_list_page(listing(
        "<Name>b</Name><Prefix>p/</Prefix><EncodingType>url</EncodingType><KeyCount>2</KeyCount>"
        "<MaxKeys>1000</MaxKeys><IsTruncated>true</IsTruncated>"
        "<NextContinuationToken>1ueGcx+LPRx1Tr/%20XY==</NextContinuationToken>\n"
        "  <Contents>\n    <Key>p/a+b%2B%E1%88%B4</Key>\n"
        "    <LastModified>2009-10-12T17:50:30.000Z</LastModified>\n"
        "    <ETag>&quot;fba9dede5f27731c9771645a39863328-7&quot;</ETag>\n"
        "    <Size>5497558138880</Size><StorageClass>STANDARD</StorageClass>\n"
        "    <Owner><ID>x</ID></Owner></Contents>\n"
        "<CommonPrefixes><Prefix>p/sub/</Prefix></CommonPrefixes>" +
        object("p/z", "0")));
    BOOST_REQUIRE(page.objects.size() == 2u);
    BOOST_TEST(page.objects[0].key == "p/a b+\xE1\x88\xB4");
    BOOST_TEST(page.objects[0].meta.size == 5497558138880u);
    BOOST_TEST(page.objects[0].meta.etag == "\"fba9dede5f27731c9771645a39863328-7\"");
    BOOST_TEST(page.objects[0].meta.last_modified == 1255369830);
    BOOST_TEST(page.objects[1].key == "p/z");
    BOOST_TEST(page.objects[1].meta.size == 0u);
    BOOST_TEST(page.objects[1].meta.etag == "");
    BOOST_TEST(page.next_token == "1ueGcx+LPRx1Tr/%20XY==");  // a token is never decoded
}

BOOST_AUTO_TEST_CASE(keys_stay_raw_where_nothing_says_they_are_encoded) {
    const auto page = parse_list_page(listing(object("a+b%20c &amp; &#x9;d")));
    BOOST_REQUIRE(page.objects.size() == 1u);
    BOOST_TEST(page.objects[0].key == "a+b%20c & \td");
    // Only a store that says otherwise may be followed.
    const auto other = parse_list_page(listing(object("a+b") + "<EncodingType>x</EncodingType>"));
    BOOST_TEST(other.objects.at(0).key == "a+b");
}

BOOST_AUTO_TEST_CASE(what_xml_cannot_hold_has_to_be_encoded) {
    for (const char* key : {"&#x1;", "\x01", "\xff", "\xc3("})
        BOOST_TEST(throws(listing(object(key)), ErrorKind::not_s3), key);
    BOOST_TEST(parse_list_page(listing(object("%01%FF") + "<EncodingType>url</EncodingType>"))
                   .objects.at(0)
                   .key == "\x01\xff");
}

BOOST_AUTO_TEST_CASE(text_may_come_in_any_form) {
    const auto page = parse_list_page(
        "<ListBucketResult><Contents a='1'><!-- k --><Key>a<![CDATA[<b>]]>&#99;<?x y?>d</Key>"
        "<Size>1</Size></Contents></ListBucketResult><!-- end -->");
    BOOST_TEST(page.objects.at(0).key == "a<b>cd");
}

BOOST_AUTO_TEST_CASE(entities_of_its_own_are_refused) {
    BOOST_TEST(throws("<!DOCTYPE x [<!ENTITY a 'aaaa'>]><ListBucketResult>&a;</ListBucketResult>",
                      ErrorKind::not_s3));
    BOOST_TEST(throws(listing(object("&a;")), ErrorKind::not_s3));
}

BOOST_AUTO_TEST_CASE(white_space_belongs_to_the_key) {
    BOOST_TEST(parse_list_page(listing(object(" a  b\n"))).objects.at(0).key == " a  b\n");
}

BOOST_AUTO_TEST_CASE(the_encoding_may_be_named_last) {
    const auto page =
        parse_list_page(listing(object("a%20b") + "<EncodingType>url</EncodingType>"));
    BOOST_TEST(page.objects.at(0).key == "a b");
}

BOOST_AUTO_TEST_CASE(an_empty_listing) {
    BOOST_TEST(parse_list_page(listing("<IsTruncated>false</IsTruncated>")).objects.empty());
    BOOST_TEST(parse_list_page("<ListBucketResult/>").next_token == "");
}

BOOST_AUTO_TEST_CASE(the_last_page_has_no_token) {
    const auto page =
        parse_list_page(listing("<IsTruncated>false</IsTruncated>"
                                "<NextContinuationToken>x</NextContinuationToken>"));
    BOOST_TEST(page.next_token == "");
}

BOOST_AUTO_TEST_CASE(a_listing_that_contradicts_itself_is_no_listing) {
    BOOST_TEST(throws(listing("<IsTruncated>true</IsTruncated>"), ErrorKind::bad_response));
    BOOST_TEST(throws(listing("<IsTruncated>true</IsTruncated><NextContinuationToken/>"),
                      ErrorKind::bad_response));
    for (const char* size : {"", "-1", "1.5", "x", "18446744073709551616", " 1"})
        BOOST_TEST(throws(listing(object("a", size)), ErrorKind::bad_response), size);
    BOOST_TEST(throws(listing(object("")), ErrorKind::bad_response));
    BOOST_TEST(throws(listing("<Contents><Key>a</Key></Contents>"), ErrorKind::bad_response));
}

BOOST_AUTO_TEST_CASE(a_size_is_that_of_an_object) {
    std::mt19937_64 random(46);
    for (int round = 0; round < 2000; ++round) {
        constexpr std::uint64_t edges[] = {0, largest_object_bytes, std::uint64_t{1} << 63};
        const std::uint64_t size =
            round % 2 == 0 ? random() >> (random() % 64) : edges[random() % 3] + random() % 5 - 2;
        const std::string xml = listing(object("a", std::to_string(size)));
        if (size <= largest_object_bytes) {
            BOOST_REQUIRE_EQUAL(parse_list_page(xml).objects.at(0).meta.size, size);
        } else {
            BOOST_REQUIRE(throws(xml, ErrorKind::bad_response));
        }
    }
}

BOOST_AUTO_TEST_CASE(anything_else_is_not_s3) {
    for (const char* xml :
         {"", " ", "hello", "{\"a\": 1}", "<html><body>Sign in</body></html>",
          "<!DOCTYPE html><html></html>", "<Error><Code></Code></Error>", "<ListBucketResult>",
          "<ListBucketResult><Contents></ListBucketResult>",
          "<ListBucketResult x></ListBucketResult>", "<ListBucketResult x=y></ListBucketResult>",
          "<ListBucketResult", "</ListBucketResult>", "<ListBucketResult/", "<", "<?", "<!--",
          "<a><![CDATA[", "<ListBucketResult>&#x110000;</ListBucketResult>"})
        BOOST_TEST(throws(xml, ErrorKind::not_s3), xml);
    // Its own error, after the success had been said.
    BOOST_TEST(throws("<Error><Code>AccessDenied</Code></Error>", ErrorKind::access_denied));
    BOOST_TEST(throws("<Error><Code>InternalError</Code></Error>", ErrorKind::server));
    BOOST_TEST(throws(listing("") + std::string(1, '\0'), ErrorKind::not_s3));
    BOOST_TEST(throws(std::string((16 << 20) + 1, ' '), ErrorKind::not_s3));
}

BOOST_AUTO_TEST_CASE(depth_is_limited_however_it_is_disguised) {
    BOOST_TEST(parse_list_page(listing(nested(63))).objects.empty());
    BOOST_TEST(throws(listing(nested(64)), ErrorKind::not_s3));
    const int many = 300'000;  // enough to end the stack of a parser that calls itself
    for (const char* level :
         {"<a>", "<a x='/>'>", "<a x=\"</a>\">", "<a><![CDATA[</a>]]>", "<a><!--</a>-->",
          "<a><?x </a>?>", "<a\"><a\">", "<a b'='>' >", "<a\n>"}) {
        std::string xml = "<ListBucketResult>";
        for (int i = 0; i < many; ++i) xml += level;
        BOOST_TEST(throws(xml, ErrorKind::not_s3), level);
    }
}

BOOST_AUTO_TEST_CASE(so_is_the_number_of_elements) {
    std::string few, many, attributes = "<a";
    for (int i = 0; i < 199'000; ++i) few += "<a/>";
    for (int i = 0; i < 201'000; ++i) many += "<a/>";
    for (int i = 0; i < 201'000; ++i) attributes += " b=''";
    BOOST_TEST(parse_list_page(listing(few)).objects.empty());
    BOOST_TEST(throws(listing(many), ErrorKind::not_s3));
    BOOST_TEST(throws(listing(attributes + "/>"), ErrorKind::not_s3));
}

BOOST_AUTO_TEST_SUITE_END()
