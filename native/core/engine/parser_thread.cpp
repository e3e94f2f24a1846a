#include "core/engine/parser_thread.hpp"

#include "core/engine/quiet_thread.hpp"

namespace s3pipes {

ParserThread::~ParserThread() {
    stop();
}

boost::asio::any_io_executor ParserThread::executor() {
    std::lock_guard lock(mutex_);
    if (!thread_.joinable() && !stopped_)
        thread_ = quiet_thread("s3pipes-parser", [this] { context_.run(); });
    return context_.get_executor();
}

void ParserThread::stop() {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    context_.stop();
    if (thread_.joinable()) thread_.join();
}

}  // namespace s3pipes
