#include <boost/test/unit_test.hpp>
#include <random>
#include <string>

#include "core/s3/uri.hpp"

using namespace s3pipes;

BOOST_AUTO_TEST_SUITE(s3_uri)

BOOST_AUTO_TEST_CASE(a_path_keeps_what_s3_keeps) {
    BOOST_TEST(encode_path("a/b//c/../d.tar") == "a/b//c/../d.tar");
    BOOST_TEST(encode_path("A-z_0.9~") == "A-z_0.9~");
    BOOST_TEST(encode_path("a b+c=d&e$f%20") == "a%20b%2Bc%3Dd%26e%24f%2520");
    BOOST_TEST(encode_path("\xE1\x88\xB4") == "%E1%88%B4");
    BOOST_TEST(encode_path(std::string_view("\0\n\x7f", 3)) == "%00%0A%7F");
    BOOST_TEST(encode_path("") == "");
}

BOOST_AUTO_TEST_CASE(a_query_encodes_the_slash_too) {
    BOOST_TEST(encode_query("a/b c") == "a%2Fb%20c");
    BOOST_TEST(encode_query("1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J==") ==
               "1ueGcxLPRx1Tr%2FXYExHnhbYLgveDs2J%3D%3D");
}

BOOST_AUTO_TEST_CASE(a_form_is_decoded_and_broken_escapes_stay) {
    BOOST_TEST(decode_form("a+b%2Bc%2fd") == "a b+c/d");
    BOOST_TEST(decode_form("100%") == "100%");
    BOOST_TEST(decode_form("%4") == "%4");
    BOOST_TEST(decode_form("%zz%4g%41") == "%zz%4gA");
    BOOST_TEST(decode_form("%%41") == "%A");
    BOOST_TEST(decode_form("%00").size() == 1u);
}

BOOST_AUTO_TEST_CASE(every_byte_survives_the_round_trip) {
    std::string all;
    for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
    BOOST_TEST((decode_form(encode_path(all)) == all));
    BOOST_TEST((decode_form(encode_query(all)) == all));

    std::mt19937_64 random(1);
    for (int round = 0; round < 2000; ++round) {
        std::string text(random() % 64, '\0');
        for (char& c : text) c = static_cast<char>(random());
        for (const auto& encoded : {encode_path(text), encode_query(text)}) {
            BOOST_REQUIRE((decode_form(encoded) == text));
            BOOST_REQUIRE(encoded.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                    "abcdefghijklmnopqrstuvwxyz"
                                                    "0123456789-._~/%") == std::string::npos);
        }
        BOOST_REQUIRE(encode_query(text).find('/') == std::string::npos);
    }
}

BOOST_AUTO_TEST_SUITE_END()
