// Where a connection goes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/http/tls.hpp"

namespace s3pipes {

// "host:port", with brackets around an IPv6 address.
std::string host_and_port(const std::string& host, std::uint16_t port);

struct Proxy {
    std::string host;
    std::uint16_t port = 0;
    // The whole value of Proxy-Authorization, or empty. A secret: never put into a message.
    std::string authorization;

    bool operator==(const Proxy&) const = default;
};

// Equal endpoints share connections. Trust is compared by identity.
struct Endpoint {
    bool tls = false;
    std::string host;  // a name or an address; IPv6 without brackets
    std::uint16_t port = 0;
    std::vector<std::string> addresses;  // of `host`; none: they are looked up
    std::optional<Proxy> proxy;
    std::shared_ptr<TlsTrust> trust;                    // required with tls
    std::chrono::milliseconds connect_timeout{5000};    // look-up, TCP, proxy and TLS together
    std::chrono::milliseconds progress_timeout{10000};  // longest wait in which no byte moves

    bool operator==(const Endpoint&) const = default;

    std::string name() const { return host_and_port(host, port); }
    // As a URL has it: the port only where it is not the scheme's own.
    std::string authority() const;
};

}  // namespace s3pipes

template <>
struct std::hash<s3pipes::Endpoint> {
    std::size_t operator()(const s3pipes::Endpoint& endpoint) const noexcept;
};
