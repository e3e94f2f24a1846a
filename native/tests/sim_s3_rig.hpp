// A simulated S3 to ask, without a server.
#pragma once

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "sim/s3/contents.hpp"
#include "sim/s3/service.hpp"

namespace s3pipes::sim {

inline constexpr std::int64_t sim_now = 1767312000;  // 2026-01-02T00:00:00Z

// A byte that depends on its offset and on what the content is of.
class CountedContent final : public Content {
  public:
    CountedContent(std::uint64_t size, std::uint64_t salt) : size_(size), salt_(salt) {}
    std::uint64_t size() const noexcept override { return size_; }
    std::span<const std::byte> in_place(std::uint64_t) const noexcept override { return {}; }
    void fill(std::uint64_t offset, std::span<std::byte> into) const noexcept override {
        for (auto& byte : into) byte = static_cast<std::byte>(salt_ + offset++ * 7);
    }

  private:
    std::uint64_t size_, salt_;
};

inline ServiceRules open_rules() {
    ServiceRules rules;
    rules.check_signatures = false;
    rules.content = [](const std::string&, const std::string& key, std::uint64_t version,
                       std::uint64_t size) {
        return std::make_shared<CountedContent>(size, key.size() + version);
    };
    return rules;
}

inline std::string body_of(const Answer& answer) {
    if (!answer.content) return answer.text;
    std::string out;
    each_piece(*answer.content, answer.begin, answer.end,
               [&](std::string_view piece) { out += piece; });
    return out;
}

inline std::string header_of(const Answer& answer, std::string_view name) {
    for (const auto& [key, value] : answer.headers)
        if (key == name) return value;
    return "";
}

// The texts of all elements of that name, in their order.
inline std::vector<std::string> elements(std::string_view xml, std::string_view name) {
    std::vector<std::string> out;
    const std::string open = "<" + std::string(name) + ">", close = "</" + std::string(name) + ">";
    for (std::size_t at = 0; (at = xml.find(open, at)) != xml.npos;) {
        at += open.size();
        const auto end = xml.find(close, at);
        BOOST_TEST_REQUIRE(end != xml.npos);
        out.emplace_back(xml.substr(at, end - at));
    }
    return out;
}

inline std::string element(std::string_view xml, std::string_view name) {
    const auto all = elements(xml, name);
    return all.empty() ? "" : all.front();
}

struct Asked {
    Service service;
    std::int64_t now_s = sim_now;

    explicit Asked(ServiceRules rules = open_rules()) : service(std::move(rules)) {
        service.create_bucket("bucket", sim_now - 1000);
    }

    Answer ask(std::string method, std::string target, Headers headers = {},
               std::string body = "") {
        Request request{std::move(method), std::move(target), std::move(headers), std::move(body)};
        if (!request.header("host")) request.headers.emplace_back("Host", "127.0.0.1:9000");
        return service.answer(request, now_s, false);
    }
    Answer get(std::string target, Headers headers = {}) {
        return ask("GET", std::move(target), std::move(headers));
    }
    Answer put(std::string target, std::string body, Headers headers = {}) {
        return ask("PUT", std::move(target), std::move(headers), std::move(body));
    }
    // "404 NoSuchKey"
    std::string told(const Answer& answer) {
        return std::to_string(answer.status) + " " + element(answer.text, "Code");
    }
};

}  // namespace s3pipes::sim
