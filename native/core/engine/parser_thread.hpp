// Where long answers are parsed, so that no event loop stands still meanwhile.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <mutex>
#include <thread>

namespace s3pipes {

class ParserThread {
  public:
    ParserThread() = default;
    ~ParserThread();
    ParserThread(const ParserThread&) = delete;
    ParserThread& operator=(const ParserThread&) = delete;

    // Of a thread that is started at the first call.
    boost::asio::any_io_executor executor();
    // Ends the thread. What is posted afterwards is never done.
    void stop();

  private:
    std::mutex mutex_;
    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
        context_.get_executor()};
    bool stopped_ = false;
    std::thread thread_;
};

}  // namespace s3pipes
