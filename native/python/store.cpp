// Where requests go and who signs them.
#include <nanobind/nanobind.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>

#include "core/engine/engine.hpp"
#include "core/http/tls.hpp"
#include "core/store/s3_store.hpp"
#include "python/poll.hpp"
#include "python/register.hpp"

namespace nb = nanobind;

namespace s3pipes {
namespace {

std::chrono::milliseconds milliseconds(double seconds) {
    return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

std::shared_ptr<S3Store> make_store(
    std::shared_ptr<Engine> engine, bool tls, const std::string& host, std::uint16_t port,
    const std::string& bucket, const std::string& base_path, const std::string& region,
    bool requester_pays, const PyCredentialCell& credentials, std::shared_ptr<TlsTrust> trust,
    const std::string& proxy_host, std::uint16_t proxy_port, const std::string& proxy_authorization,
    double connect_timeout_s, double progress_timeout_s) {
    S3Target target;
    target.endpoint.tls = tls;
    target.endpoint.host = host;
    target.endpoint.port = port;
    if (!proxy_host.empty())
        target.endpoint.proxy = Proxy{proxy_host, proxy_port, proxy_authorization};
    target.endpoint.trust = std::move(trust);
    target.endpoint.connect_timeout = milliseconds(connect_timeout_s);
    target.endpoint.progress_timeout = milliseconds(progress_timeout_s);
    target.bucket = bucket;
    target.base_path = base_path;
    target.region = region;
    target.requester_pays = requester_pays;
    return std::make_shared<S3Store>(
        std::move(target), credentials.cell, engine->pools(),
        [engine = engine.get()] { return engine->parser().executor(); });
}

}  // namespace

void register_store(nb::module_& module) {
    nb::class_<PyCredentialCell>(module, "CredentialCell")
        .def(nb::init<nb::object>(), nb::arg("refresh"))
        .def(
            "set",
            [](PyCredentialCell& self, std::string access_key, std::string secret_key,
               std::string session_token) {
                self.cell->set(std::make_shared<const Credentials>(Credentials{
                    std::move(access_key), std::move(secret_key), std::move(session_token)}));
            },
            nb::arg("access_key"), nb::arg("secret_key"), nb::arg("session_token"))
        .def("set_anonymous", [](PyCredentialCell& self) { self.cell->set(nullptr); })
        .def("wanted", [](const PyCredentialCell& self) { return self.cell->wanted(); });
    nb::class_<TlsTrust>(module, "TlsTrust")
        .def_static("make", &TlsTrust::make, nb::arg("verify"), nb::arg("ca_file"));
    nb::class_<ObjectStore>(module, "ObjectStore");
    nb::class_<S3Store, ObjectStore>(module, "S3Store")
        .def_static("make", &make_store, nb::kw_only(), nb::arg("engine"), nb::arg("tls"),
                    nb::arg("host"), nb::arg("port"), nb::arg("bucket"), nb::arg("base_path"),
                    nb::arg("region"), nb::arg("requester_pays"), nb::arg("credentials"),
                    nb::arg("trust").none(), nb::arg("proxy_host"), nb::arg("proxy_port"),
                    nb::arg("proxy_authorization"), nb::arg("connect_timeout_s"),
                    nb::arg("progress_timeout_s"));
}

}  // namespace s3pipes
