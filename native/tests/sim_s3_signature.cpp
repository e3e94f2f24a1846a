// Signatures, checked: by header, presigned, and chunk by chunk.
#include "core/s3/sha256.hpp"
#include "core/s3/sigv4.hpp"
#include "core/s3/timestamp.hpp"
#include "core/s3/uri.hpp"
#include "sim_s3_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::sim;

namespace {

const Credentials forever{"AKIDFOREVER", "secret/of+ever", ""};
const Credentials session{"ASIASESSION", "secret-of-a-session", "token=="};

ServiceRules closed_rules() {
    auto rules = open_rules();
    rules.check_signatures = true;
    rules.keys = {forever, session};
    return rules;
}

// A request as a client would sign it, with all that can be wrong about it.
struct Sender {
    Credentials credentials = forever;
    std::string region = "us-east-1";
    std::string payload;  // empty for the hash of the body
    Headers headers;
    std::int64_t now_s = sim_now;
    std::string host = "127.0.0.1:9000";
    std::string signature;  // of the last request

    Headers sign(std::string_view method, std::string_view path, std::string_view query,
                 std::string_view body = "") {
        const auto hash = payload.empty() ? sha256_hex(body) : payload;
        std::vector<HeaderView> views;
        std::vector<std::string> names;
        names.reserve(headers.size());
        for (const auto& [name, value] : headers) {
            std::string lower_name(name);
            for (auto& c : lower_name) c = static_cast<char>(std::tolower(c));
            views.emplace_back(names.emplace_back(lower_name), value);
        }
        std::string head = "\r\n";
        Signer({region}).sign(head, method, path, query, host, views, credentials, now_s, hash);
        Headers out = headers;
        out.emplace_back("Host", host);
        for (std::size_t at = 2; at < head.size();) {
            const auto end = head.find("\r\n", at);
            const auto colon = head.find(": ", at);
            out.emplace_back(head.substr(at, colon - at), head.substr(colon + 2, end - colon - 2));
            at = end + 2;
        }
        signature = out.back().second.substr(out.back().second.rfind('=') + 1);
        return out;
    }
};

struct Signing : Asked {
    Sender sender;
    Signing() : Asked(closed_rules()) { send("PUT", "/bucket/key", "", "bytes"); }

    Answer send(std::string method, std::string path, std::string query = "",
                std::string body = "") {
        auto headers = sender.sign(method, path, query, body);
        if (!query.empty()) path += "?" + query;
        return ask(std::move(method), std::move(path), std::move(headers), std::move(body));
    }
    std::string status(std::string method, std::string path, std::string query = "",
                       std::string body = "") {
        return told(send(std::move(method), std::move(path), std::move(query), std::move(body)));
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(sim_s3_signature)

BOOST_AUTO_TEST_CASE(who_signs_gets_in) {
    Signing s3;
    BOOST_TEST(body_of(s3.send("GET", "/bucket/key")) == "bytes");
    BOOST_TEST(s3.send("GET", "/bucket", "delimiter=%2F&list-type=2&prefix=a%2Bb%20c").status ==
               200u);
    for (const auto* path : {"/bucket/a%20b", "/bucket/a//b", "/bucket/%C3%A4~"}) {
        BOOST_TEST(s3.send("PUT", path, "", "x").status == 200u);
        BOOST_TEST(body_of(s3.send("GET", path)) == "x");
    }
    s3.sender.credentials = session;
    s3.sender.headers = {{"X-Amz-Meta-Note", "  two   blanks "}, {"Range", "bytes=1-2"}};
    BOOST_TEST(body_of(s3.send("GET", "/bucket/key")) == "yt");
    s3.sender.now_s = sim_now - 899;
    BOOST_TEST(s3.send("GET", "/bucket/key").status == 206u);
}

BOOST_AUTO_TEST_CASE(who_does_not_stays_out) {
    Signing s3;
    BOOST_TEST(s3.told(s3.get("/bucket/key")) == "403 AccessDenied");
    BOOST_TEST(s3.told(s3.get("/")) == "403 AccessDenied");
    s3.sender.credentials.access_key = "AKIDUNKNOWN";
    BOOST_TEST(s3.status("GET", "/bucket/key") == "403 InvalidAccessKeyId");
    s3.sender.credentials = forever;
    s3.sender.credentials.secret_key = "another";
    BOOST_TEST(s3.status("GET", "/bucket/key") == "403 SignatureDoesNotMatch");
    const auto refused = s3.send("GET", "/bucket/key");
    BOOST_TEST(element(refused.text, "StringToSign").starts_with("AWS4-HMAC-SHA256\n2026"));
    BOOST_TEST(element(refused.text, "CanonicalRequest").starts_with("GET\n/bucket/key\n"));
    BOOST_TEST(refused.text.find("secret") == std::string::npos);

    s3.sender.credentials = session;
    s3.sender.credentials.session_token = "";
    BOOST_TEST(s3.status("GET", "/bucket/key") == "403 InvalidAccessKeyId");
    s3.sender.credentials.session_token = "another";
    BOOST_TEST(s3.status("GET", "/bucket/key") == "400 InvalidToken");
    s3.sender.credentials = forever;
    s3.sender.credentials.session_token = "none-was-given";
    BOOST_TEST(s3.status("GET", "/bucket/key") == "400 InvalidToken");
}

BOOST_AUTO_TEST_CASE(time_and_place) {
    Signing s3;
    s3.sender.now_s = sim_now - 901;
    BOOST_TEST(s3.status("GET", "/bucket/key") == "403 RequestTimeTooSkewed");
    s3.sender.now_s = sim_now + 901;
    const auto skewed = s3.send("GET", "/bucket/key");
    BOOST_TEST(s3.told(skewed) == "403 RequestTimeTooSkewed");
    BOOST_TEST(element(skewed.text, "RequestTime") == "20260102T001501Z");
    BOOST_TEST(element(skewed.text, "ServerTime") == "2026-01-02T00:00:00.000Z");
    s3.sender.now_s = sim_now;
    s3.sender.region = "eu-west-1";
    const auto elsewhere = s3.send("GET", "/bucket/key");
    BOOST_TEST(s3.told(elsewhere) == "400 AuthorizationHeaderMalformed");
    BOOST_TEST(element(elsewhere.text, "Region") == "us-east-1");
    BOOST_TEST(element(elsewhere.text, "Message") ==
               "The authorization header is malformed; the region 'eu-west-1' is wrong; "
               "expecting 'us-east-1'");
}

BOOST_AUTO_TEST_CASE(what_is_changed_on_the_way_is_seen) {
    Signing s3;
    const auto sent = s3.sender.sign("GET", "/bucket/key", "");
    const auto changed = [&](std::string_view name, std::string value) {
        auto headers = sent;
        for (auto& [key, old] : headers)
            if (key == name) old = value;
        return s3.told(s3.get("/bucket/key", headers));
    };
    BOOST_TEST(changed("none", "") == "200 ");
    BOOST_TEST(s3.told(s3.get("/bucket/other", sent)) == "403 SignatureDoesNotMatch");
    BOOST_TEST(s3.told(s3.ask("HEAD", "/bucket/key", sent)) == "403 SignatureDoesNotMatch");
    BOOST_TEST(s3.told(s3.get("/bucket/key?partNumber=1", sent)) == "403 SignatureDoesNotMatch");
    BOOST_TEST(changed("Host", "elsewhere") == "403 SignatureDoesNotMatch");
    BOOST_TEST(changed("x-amz-date", "20260102T000001Z") == "403 SignatureDoesNotMatch");
    BOOST_TEST(changed("x-amz-date", "20260101T235959Z") == "400 AuthorizationHeaderMalformed");
    BOOST_TEST(changed("x-amz-date", "now") == "403 AccessDenied");
    BOOST_TEST(changed("x-amz-content-sha256", "UNSIGNED-PAYLOAD") == "403 SignatureDoesNotMatch");
    auto more = sent;
    more.emplace_back("X-Amz-Meta-Late", "x");
    BOOST_TEST(s3.told(s3.get("/bucket/key", more)) == "403 AccessDenied");

    const auto put = s3.sender.sign("PUT", "/bucket/key", "", "bytes");
    BOOST_TEST(s3.told(s3.ask("PUT", "/bucket/key", put, "BYTES")) ==
               "400 XAmzContentSHA256Mismatch");
    s3.sender.payload = "UNSIGNED-PAYLOAD";
    const auto open = s3.sender.sign("PUT", "/bucket/key", "", "bytes");
    BOOST_TEST(s3.told(s3.ask("PUT", "/bucket/key", open, "BYTES")) == "200 ");
}

BOOST_AUTO_TEST_CASE(malformed_authorizations) {
    Signing s3;
    const std::string credential = "Credential=AKIDFOREVER/20260102/us-east-1/s3/aws4_request";
    const auto told = [&](std::string authorization, bool hash = true) {
        Headers headers{{"Authorization", authorization}, {"x-amz-date", "20260102T000000Z"}};
        if (hash) headers.emplace_back("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
        return s3.told(s3.get("/bucket/key", headers));
    };
    BOOST_TEST(told("AWS AKID:signature") == "400 InvalidRequest");
    BOOST_TEST(told("AWS4-ECDSA-P256-SHA256 Credential=x") == "400 InvalidArgument");
    BOOST_TEST(told("Basic eDp5") == "400 InvalidArgument");
    BOOST_TEST(told("") == "400 InvalidArgument");
    BOOST_TEST(told("AWS4-HMAC-SHA256") == "400 InvalidRequest");
    const std::string v4 = "AWS4-HMAC-SHA256 ";
    for (const auto& bad :
         {v4 + "Credential=", v4 + "Credential=a/b/c, SignedHeaders=host, Signature=x",
          v4 + credential, v4 + credential + ",SignedHeaders=host",
          v4 + "Credential=A/20260102/us-east-1/ec2/aws4_request,SignedHeaders=host,Signature=x",
          v4 + "Credential=A/20260102/us-east-1/s3/aws5_request,SignedHeaders=host,Signature=x",
          v4 + "Credential=/20260102/us-east-1/s3/aws4_request,SignedHeaders=host,Signature=x",
          v4 + ",,=,,;;"})
        BOOST_TEST(told(bad) == "400 AuthorizationHeaderMalformed");
    const auto whole = v4 + credential + ",SignedHeaders=host;x-amz-date,Signature=x";
    BOOST_TEST(told(whole) == "403 SignatureDoesNotMatch");
    BOOST_TEST(told(whole, false) == "400 InvalidRequest");
    BOOST_TEST(told(v4 + credential + ",SignedHeaders=;;,Signature=x") == "403 AccessDenied");
}

BOOST_AUTO_TEST_CASE(presigned) {
    Signing s3;
    const auto url = [&](std::string path, std::string expires, std::string method = "GET",
                         std::string extra = "") {
        std::string query =
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDFOREVER%2F20260102%2Fus-east-1"
            "%2Fs3%2Faws4_request&X-Amz-Date=20260102T000000Z&X-Amz-Expires=" +
            expires + "&X-Amz-SignedHeaders=host" + extra;
        const std::vector<HeaderView> headers{{"host", "127.0.0.1:9000"}};
        const auto authorization =
            Signer({"us-east-1"})
                .authorization(canonical_request(method, path, query, headers, "UNSIGNED-PAYLOAD"),
                               "host", forever, sim_now);
        return path + "?" + query +
               "&X-Amz-Signature=" + authorization.substr(authorization.rfind('=') + 1);
    };
    BOOST_TEST(body_of(s3.get(url("/bucket/key", "60"))) == "bytes");
    BOOST_TEST(s3.put(url("/bucket/new", "60", "PUT"), "fresh").status == 200u);
    BOOST_TEST(body_of(s3.get(url("/bucket/new", "60"))) == "fresh");
    s3.now_s = sim_now + 60;
    BOOST_TEST(s3.get(url("/bucket/key", "60")).status == 200u);
    s3.now_s = sim_now + 61;
    const auto late = s3.get(url("/bucket/key", "60"));
    BOOST_TEST(s3.told(late) == "403 AccessDenied");
    BOOST_TEST(element(late.text, "Message") == "Request has expired");
    BOOST_TEST(element(late.text, "Expires") == "2026-01-02T00:01:00.000Z");
    s3.now_s = sim_now - 1000;
    BOOST_TEST(s3.told(s3.get(url("/bucket/key", "60"))) == "403 AccessDenied");
    s3.now_s = sim_now;
    for (const auto* bad : {"604801", "-1", "x", "99999999999999999999"})
        BOOST_TEST(s3.told(s3.get(url("/bucket/key", bad))) ==
                   "400 AuthorizationQueryParametersError");
    BOOST_TEST(s3.told(s3.get(url("/bucket/key", "60") + "0")) == "403 SignatureDoesNotMatch");
    BOOST_TEST(s3.told(s3.get("/bucket/key?X-Amz-Algorithm=AWS4-HMAC-SHA256")) ==
               "400 AuthorizationQueryParametersError");
    BOOST_TEST(s3.told(s3.get("/bucket/key?Signature=x&AWSAccessKeyId=y&Expires=1")) ==
               "400 InvalidRequest");
    BOOST_TEST(s3.told(s3.get(url("/bucket/key", "60"), {{"Authorization", "x"}})) ==
               "400 InvalidArgument");
}

BOOST_AUTO_TEST_SUITE_END()
