// When the program ends.
#pragma once

#include <boost/asio/signal_set.hpp>
#include <functional>

namespace s3pipes::sim {

// At SIGTERM, SIGINT, or when the process that started this is gone.
class Ending {
  public:
    Ending(boost::asio::io_context& context, std::function<void()> end);

  private:
    void wait();

    boost::asio::signal_set signals_;
    std::function<void()> end_;
    int parent_;
};

}  // namespace s3pipes::sim
