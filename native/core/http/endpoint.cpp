#include "core/http/endpoint.hpp"

namespace s3pipes {
namespace {

std::string bracketed(const std::string& host) {
    return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

}  // namespace

std::string host_and_port(const std::string& host, std::uint16_t port) {
    return bracketed(host) + ":" + std::to_string(port);
}

std::string Endpoint::authority() const {
    return port == (tls ? 443 : 80) ? bracketed(host) : name();
}

}  // namespace s3pipes

std::size_t std::hash<s3pipes::Endpoint>::operator()(
    const s3pipes::Endpoint& endpoint) const noexcept {
    const std::size_t place = static_cast<std::size_t>(endpoint.port) * 2 + (endpoint.tls ? 1 : 0);
    return std::hash<std::string>()(endpoint.host) ^ (place * 0x9e3779b97f4a7c15ULL);
}
