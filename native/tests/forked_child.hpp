// A child that does nothing.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

namespace s3pipes::test {

// Holds what this process holds, until it goes out of scope.
class Child {
  public:
    Child() {
        int pipe[2];
        BOOST_REQUIRE(::pipe(pipe) == 0);
        pid_ = ::fork();
        BOOST_REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            ::close(pipe[1]);
            char byte = 0;
            while (::read(pipe[0], &byte, 1) > 0) {
            }
            ::_exit(0);
        }
        ::close(pipe[0]);
        parent_lives_ = pipe[1];
    }
    ~Child() {
        ::close(parent_lives_);
        ::waitpid(pid_, nullptr, 0);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

  private:
    pid_t pid_ = -1;
    int parent_lives_ = -1;
};

}  // namespace s3pipes::test
