// A thread that takes no signals: those belong to the threads of Python.
#pragma once

#include <pthread.h>
#include <signal.h>

#include <thread>
#include <utility>

namespace s3pipes {

// `name`: at most 15 letters.
template <typename F>
std::thread quiet_thread(const char* name, F work) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread started([name, work = std::move(work)]() mutable {
        pthread_setname_np(pthread_self(), name);
        work();
    });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return started;
}

}  // namespace s3pipes
