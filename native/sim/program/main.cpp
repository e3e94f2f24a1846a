// s3pipes-sim: an S3 whose answers take the time that S3's take. docs/simulator.md describes it.
//
//   s3pipes-sim [--profile NAME] [--set NAME=NUMBER]... [--seed N]
//               [--objects BUCKET/PATTERN:COUNT:SIZE[~SIGMA][@CHECKSUM]]... [--bucket NAME]...
//               [--addresses N] [--port N] [--certificate FILE --key FILE] [--host NAME]...
//               [--anonymous]
//
// Prints one line of JSON when it listens; then stdin is the control (control.hpp), and its end
// the program's.
#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <exception>

#include "sim/content/generated.hpp"
#include "sim/program/control.hpp"
#include "sim/program/ending.hpp"
#include "sim/program/options.hpp"
#include "sim/server/server.hpp"
#include "sim/server/tls.hpp"

namespace {

using namespace s3pipes::sim;

// Thousands of connections need as many descriptors.
void allow_all_descriptors() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

ServiceRules rules_for(const Options& options) {
    ServiceRules rules;
    rules.keys = {{"simulated-access-key", "simulated-secret-key", ""}};
    rules.session_mark = "simulated-session-";  // simulated.py makes the tokens
    rules.check_signatures = !options.anonymous;
    rules.hosts = options.hosts;
    rules.content = [](const std::string& bucket, const std::string& key, std::uint64_t version,
                       std::uint64_t size_bytes) {
        return std::make_shared<Generated>(bucket, key, version, size_bytes);
    };
    return rules;
}

void say_where(const Server& server, unsigned addresses) {
    std::string line = "{\"port\": " + std::to_string(server.port()) + ", \"addresses\": [";
    for (unsigned i = 1; i <= addresses; ++i) {
        line += (i > 1 ? ", \"127.0.0." : "\"127.0.0.") + std::to_string(i) + "\"";
    }
    print_line(line + "]}");
}

void run(const Options& options) {
    allow_all_descriptors();
    Pool::shared();
    boost::asio::io_context context(1);
    const Ending ending(context, [&context] { context.stop(); });
    ServerTls tls;
    if (!options.certificate_file.empty()) {
        tls = server_tls(options.certificate_file, options.key_file);
    }
    World world(context, rules_for(options), options.settings, options.seed);
    world.tls = tls.get();
    Server server(world, options.addresses, options.port);
    Control control(world, server, options.seed);
    for (const auto& objects : options.objects) control.add(objects);
    for (const auto& bucket : options.buckets) control.add_bucket(bucket);
    say_where(server, options.addresses);
    boost::asio::posix::stream_descriptor in(context, STDIN_FILENO);
    boost::asio::co_spawn(context, control.run(in),
                          [&context](const std::exception_ptr&) { context.stop(); });
    context.run();
    std::fflush(stdout);
    ::_exit(0);  // coroutines that still wait need not be unwound
}

}  // namespace

int main(int argc, char** argv) {
    try {
        run(Options::parse(std::span(argv + 1, argv + argc)));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "s3pipes-sim: %s\n", error.what());
        return 2;
    }
}
