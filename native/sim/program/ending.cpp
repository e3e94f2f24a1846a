#include "sim/program/ending.hpp"

#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <utility>

namespace s3pipes::sim {
namespace {

// Comes when the thread ends that started this, whether or not its process lives on.
constexpr int parent_gone = SIGUSR1;

}  // namespace

Ending::Ending(boost::asio::io_context& context, std::function<void()> end)
    : signals_(context, SIGTERM, SIGINT, parent_gone), end_(std::move(end)), parent_(::getppid()) {
    ::prctl(PR_SET_PDEATHSIG, parent_gone);
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL's socket has no other way
    wait();
}

void Ending::wait() {
    signals_.async_wait([this](const boost::system::error_code& failure, int signal) {
        if (failure) return;
        if (signal == parent_gone && ::getppid() == parent_) {
            wait();
        } else {
            end_();
        }
    });
}

}  // namespace s3pipes::sim
