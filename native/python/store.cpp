// Where requests go and who signs them.
#include <nanobind/nanobind.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

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

template <class T>
T field(const nb::object& object, const char* name) {
    return nb::cast<T>(object.attr(name));
}

// An s3pipes.aws.endpoint.Target: what botocore said of a bucket.
S3Target target_of(const nb::object& given, std::shared_ptr<TlsTrust> trust) {
    S3Target target;
    target.endpoint.tls = field<bool>(given, "tls");
    target.endpoint.host = field<std::string>(given, "host");
    target.endpoint.port = field<std::uint16_t>(given, "port");
    target.endpoint.addresses = field<std::vector<std::string>>(given, "addresses");
    if (auto host = field<std::string>(given, "proxy_host"); !host.empty())
        target.endpoint.proxy = Proxy{std::move(host), field<std::uint16_t>(given, "proxy_port"),
                                      field<std::string>(given, "proxy_authorization")};
    target.endpoint.trust = std::move(trust);
    target.endpoint.connect_timeout = milliseconds(field<double>(given, "connect_timeout_s"));
    target.endpoint.progress_timeout = milliseconds(field<double>(given, "progress_timeout_s"));
    target.bucket = field<std::string>(given, "bucket");
    target.base_path = field<std::string>(given, "base_path");
    target.region = field<std::string>(given, "region");
    target.requester_pays = field<bool>(given, "requester_pays");
    target.verify_checksums = field<bool>(given, "verify_checksums");
    target.whence = std::make_shared<const Whence>(
        Whence{field<std::string>(given, "endpoint_url"), field<std::string>(given, "whence")});
    return target;
}

std::shared_ptr<S3Store> make_store(const std::shared_ptr<Engine>& engine, const nb::object& target,
                                    PyCredentialCell& credentials,
                                    std::shared_ptr<TlsTrust> trust) {
    auto store = std::make_shared<S3Store>(
        target_of(target, std::move(trust)), credentials.cell, engine->pools(),
        [engine = engine.get()] { return engine->parser().executor(); });
    credentials.serve(store.get());
    return store;
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
        .def_static("make", &make_store, nb::kw_only(), nb::arg("engine"), nb::arg("target"),
                    nb::arg("credentials"), nb::arg("trust").none());
}

}  // namespace s3pipes
