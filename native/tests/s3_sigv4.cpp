// Expected signatures: the examples of Amazon's S3 API reference ("Signature Calculations for the
// Authorization Header") and AWS's public SigV4 test suite.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "core/s3/sha256.hpp"
#include "core/s3/sigv4.hpp"
#include "core/s3/uri.hpp"
#include "core/words/error.hpp"

using namespace s3pipes;

namespace {

using Headers = std::vector<HeaderView>;

constexpr std::int64_t may_2013 = 1369353600;     // 20130524T000000Z
constexpr std::int64_t august_2015 = 1440938160;  // 20150830T123600Z
const Credentials s3_example{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                             ""};
const Credentials suite{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};
constexpr std::string_view s3_host = "examplebucket.s3.amazonaws.com";
constexpr std::string_view payload_empty = empty_payload_sha256;

std::string line(const std::string& head, const std::string& name) {
    const auto at = head.find("\r\n" + name + ": ");
    if (at == head.npos) return "";
    const auto begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
}

std::string after(const std::string& text, std::string_view mark) {
    const auto at = text.find(mark);
    return at == text.npos ? "" : text.substr(at + mark.size());
}

std::string s3_signature(std::string_view method, std::string_view path, std::string_view query,
                         const Headers& headers, std::string_view payload = payload_empty) {
    Signer signer({"us-east-1"});
    std::string head = "GET / HTTP/1.1\r\nHost: h\r\n";
    signer.sign(head, method, path, query, s3_host, headers, s3_example, may_2013, payload);
    return after(line(head, "Authorization"), "Signature=");
}

std::string suite_signature(std::string_view method, std::string_view path, std::string_view query,
                            Headers extra, std::string_view payload = payload_empty) {
    extra.emplace_back("x-amz-date", "20150830T123600Z");
    extra.emplace_back("host", "example.amazonaws.com");
    Signer signer({"us-east-1", "service"});
    return after(signer.authorization(canonical_request(method, path, query, extra, payload),
                                      signed_header_names(extra), suite, august_2015),
                 "Signature=");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(s3_sigv4)

BOOST_AUTO_TEST_CASE(s3_documented_examples) {
    BOOST_TEST(s3_signature("GET", "/test.txt", "", {{"range", "bytes=0-9"}}) ==
               "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    BOOST_TEST(s3_signature("GET", "/", "lifecycle=", {}) ==
               "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
    BOOST_TEST(s3_signature("GET", "/", "max-keys=2&prefix=J", {}) ==
               "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
    BOOST_TEST(s3_signature("PUT", "/" + encode_path("test$file.text"), "",
                            {{"date", "Fri, 24 May 2013 00:00:00 GMT"},
                             {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                            sha256_hex("Welcome to Amazon S3.")) ==
               "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

BOOST_AUTO_TEST_CASE(the_head_gets_its_lines) {
    Signer signer({"us-east-1"});
    std::string head = "GET /test.txt HTTP/1.1\r\nHost: examplebucket.s3.amazonaws.com\r\n";
    const std::string before = head;
    const Headers range{{"range", "bytes=0-9"}};
    signer.sign(head, "GET", "/test.txt", "", s3_host, range, s3_example, may_2013);
    BOOST_TEST(head == before +
                           "x-amz-date: 20130524T000000Z\r\n"
                           "x-amz-content-sha256: " +
                           std::string(payload_empty) +
                           "\r\n"
                           "Authorization: AWS4-HMAC-SHA256 "
                           "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
                           "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
                           "Signature="
                           "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41\r\n");
}

BOOST_AUTO_TEST_CASE(hashes) {
    BOOST_TEST(sha256_hex("") == empty_payload_sha256);
    std::string out;
    append_hex(out, hmac_sha256("Jefe", "what do ya want for nothing?"));  // RFC 4231, case 2
    BOOST_TEST(out == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

BOOST_AUTO_TEST_CASE(canonical_request_of_the_range_example) {
    const Headers headers{{"x-amz-date", "20130524T000000Z"},
                          {"x-amz-content-sha256", payload_empty},
                          {"range", "bytes=0-9"},
                          {"host", s3_host}};
    const auto canonical = canonical_request("GET", "/test.txt", "", headers, payload_empty);
    BOOST_TEST(sha256_hex(canonical) ==
               "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972");
}

BOOST_AUTO_TEST_CASE(aws_suite_paths_and_queries) {
    BOOST_TEST(suite_signature("GET", "/", "", {}) ==
               "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
    BOOST_TEST(suite_signature("GET", "", "", {}) ==  // no path is the path "/"
               "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
    BOOST_TEST(suite_signature("POST", "/", "", {}) ==
               "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
    BOOST_TEST(suite_signature("GET", encode_path("/\xE1\x88\xB4"), "", {}) ==
               "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85");
    BOOST_TEST(suite_signature("GET", encode_path("/example space/"), "", {}) ==
               "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741");
    BOOST_TEST(suite_signature("GET",
                               encode_path("/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                           "abcdefghijklmnopqrstuvwxyz"),
                               "", {}) ==
               "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f");
    BOOST_TEST(suite_signature("GET", "/", "Param1=value1", {}) ==
               "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb");
    BOOST_TEST(suite_signature("GET", "/", "Param1=value1&Param2=value2", {}) ==
               "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
    BOOST_TEST(suite_signature("GET", "/", encode_query("\xE1\x88\xB4") + "=bar", {}) ==
               "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04");
    BOOST_TEST(suite_signature(
                   "GET", "/", encode_query("\xE1\x88\xB4") + "=Value1&Param=Value2&Param-3=Value3",
                   {}) == "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac");
    BOOST_TEST(suite_signature("POST", "/", "Param1=value1", {}) ==
               "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11");
}

BOOST_AUTO_TEST_CASE(aws_suite_paths_are_not_normalised) {
    BOOST_TEST(suite_signature("GET", encode_path("//example//"), "", {}) ==
               "87cca117541a147f6df867677d98a7d80dff226d2bfca9e4ffa899665623c7e5");
    BOOST_TEST(suite_signature("GET", encode_path("/example1/example2/../.."), "", {}) ==
               "dc33e0856fd4baca4d7aa2146c38958283844764f38c74252a333df5e613003b");
    BOOST_TEST(suite_signature("GET", encode_path("/example/.."), "", {}) ==
               "eca7ead57bb5aa5c8e28007acd4ff04e1ff9a0ff3b237ec1554a184887ff9282");
    BOOST_TEST(suite_signature("GET", encode_path("/./"), "", {}) ==
               "68714168e6557f8f2de0ef956fc24dc2593a4bd2961f8df51898d8a134695145");
    BOOST_TEST(suite_signature("GET", encode_path("/./example"), "", {}) ==
               "beb03f223f7deae4146464f06e29eebbee9c8afbe15c290cf07aa8b119e14cff");
    BOOST_TEST(suite_signature("GET", encode_path("//"), "", {}) ==
               "c88bcd3d312d75078c0cd961d6deae3f4c754924b01669efcfcb439fd5e5b76e");
}

BOOST_AUTO_TEST_CASE(aws_suite_headers) {
    BOOST_TEST(suite_signature("GET", "/", "",
                               {{"my-header1", " value1"}, {"my-header2", " \"a   b   c\""}}) ==
               "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
    BOOST_TEST(suite_signature("GET", "/", "", {{"my-header1", "value1\n  value2\n     value3"}}) ==
               "cfd34249e4b1c8d6b91ef74165d41a32e5fab3306300901bb65a51a73575eefd");
    BOOST_TEST(suite_signature("GET", "/", "",
                               {{"my-header1", "value4"},
                                {"my-header1", "value1"},
                                {"my-header1", "value3"},
                                {"my-header1", "value2"}}) ==
               "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01");
    BOOST_TEST(
        suite_signature(
            "GET", "/", "",
            {{"my-header1", "value2"}, {"my-header1", "value2"}, {"my-header1", "value1"}}) ==
        "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea");
    BOOST_TEST(suite_signature("POST", "/", "", {{"my-header1", "VALUE1"}}) ==
               "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d");
    BOOST_TEST(
        suite_signature("GET", "/", "",
                        {{"x-amz-security-token",
                          "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"}}) ==
        "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8");
    const auto form = sha256_hex("Param1=value1");
    BOOST_TEST(suite_signature("POST", "/", "",
                               {{"content-length", "13"},
                                {"content-type", "application/x-www-form-urlencoded"},
                                {"x-amz-content-sha256", form}},
                               form) ==
               "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b");
}

BOOST_AUTO_TEST_CASE(a_session_token_is_sent_and_signed) {
    Signer signer({"eu-west-1"});
    Credentials temporary = s3_example;
    temporary.session_token = "a/token==";
    std::string head = "GET / HTTP/1.1\r\nHost: h\r\n";
    signer.sign(head, "GET", "/", "", "h", {}, temporary, may_2013);
    BOOST_TEST(line(head, "x-amz-security-token") == "a/token==");
    const auto value = line(head, "Authorization");
    BOOST_TEST(value.find("SignedHeaders=host;x-amz-content-sha256;x-amz-date;"
                          "x-amz-security-token,") != value.npos);

    const Headers headers{{"host", "h"},
                          {"x-amz-content-sha256", payload_empty},
                          {"x-amz-date", "20130524T000000Z"},
                          {"x-amz-security-token", "a/token=="}};
    BOOST_TEST(value ==
               Signer({"eu-west-1"})
                   .authorization(canonical_request("GET", "/", "", headers, payload_empty),
                                  signed_header_names(headers), temporary, may_2013));
}

BOOST_AUTO_TEST_CASE(a_cached_key_is_never_a_stale_one) {
    const auto signed_by = [](Signer& signer, const Credentials& who, std::int64_t now) {
        std::string head = "GET / HTTP/1.1\r\nHost: h\r\n";
        signer.sign(head, "GET", "/", "", "h", {}, who, now);
        return head;
    };
    Credentials other = s3_example;
    other.secret_key = "another secret";
    Signer kept({"us-east-1"});
    for (const auto& [who, now] : std::vector<std::pair<Credentials, std::int64_t>>{
             {s3_example, may_2013},
             {s3_example, may_2013 + 1},
             {s3_example, may_2013 + 86399},
             {s3_example, may_2013 + 86400},  // the next day
             {s3_example, may_2013},          // a clock set back
             {other, may_2013},
             {suite, may_2013},
             {s3_example, may_2013}}) {
        Signer fresh({"us-east-1"});
        BOOST_TEST(signed_by(kept, who, now) == signed_by(fresh, who, now));
    }
}

BOOST_AUTO_TEST_CASE(without_an_access_key_nothing_is_signed) {
    Signer signer({"us-east-1"});
    std::string head = "GET / HTTP/1.1\r\nHost: h\r\n";
    signer.sign(head, "GET", "/", "", "h", {}, Credentials{}, may_2013);
    BOOST_TEST(head == "GET / HTTP/1.1\r\nHost: h\r\n");
}

BOOST_AUTO_TEST_CASE(a_line_break_in_a_token_is_refused_and_not_quoted) {
    Signer signer({"us-east-1"});
    Credentials broken = s3_example;
    broken.session_token = "hush\r\nx-evil: 1";
    const std::string before = "GET / HTTP/1.1\r\nHost: h\r\n";
    for (int again = 0; again < 2; ++again) {
        std::string head = before;
        BOOST_CHECK_EXCEPTION(signer.sign(head, "GET", "/", "", "h", {}, broken, may_2013), Error,
                              [](const Error& e) {
                                  return e.kind == ErrorKind::config &&
                                         e.message.find("hush") == e.message.npos;
                              });
        BOOST_TEST(head == before);
    }
}

BOOST_AUTO_TEST_SUITE_END()
