// While a fork is made, event loops stand between two handlers.
#pragma once

#include <boost/asio/io_context.hpp>

namespace s3pipes {

// A child has one thread. What the others held when it came about stays locked in it for ever: of
// our own we make new ones there, but OpenSSL's locks, an allocator's, or whatever a handler may
// call, are as they were. So a fork waits until the thread that runs this context has come to the
// end of its handler, and lets it go on afterwards: some 50 us where it sleeps.
class ForkPause {
  public:
    // To be ended before its thread is.
    explicit ForkPause(boost::asio::io_context& context);
    ~ForkPause();
    ForkPause(const ForkPause&) = delete;
    ForkPause& operator=(const ForkPause&) = delete;

  private:
    boost::asio::io_context& context_;
};

}  // namespace s3pipes
