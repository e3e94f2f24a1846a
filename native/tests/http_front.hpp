// A server on several addresses of the loopback, each as slow or as broken as a test wants it.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/http_rig.hpp"

namespace s3pipes::test {

class Front {
  public:
    static constexpr std::size_t most = 8;

    explicit Front(std::size_t addresses) {
        // A port that is free on the first address may be taken on another.
        for (int tries = 0; tries < 50 && acceptors_.size() < addresses; ++tries) {
            acceptors_.clear();
            for (std::size_t i = 0; i < addresses; ++i) {
                if (!listen(i)) break;
            }
        }
        BOOST_REQUIRE(acceptors_.size() == addresses);
        port_ = acceptors_.front().local_endpoint().port();
        for (std::size_t i = 0; i < addresses; ++i) accept(i);
        thread_ = std::thread([this] { io_.run(); });
    }
    ~Front() {
        io_.stop();
        thread_.join();
    }
    Front(const Front&) = delete;
    Front& operator=(const Front&) = delete;

    // Before an answer; shared with the server's thread, as all that follows.
    std::array<std::atomic<int>, most> latency_ms{};
    std::array<std::atomic<bool>, most> cuts{};  // half a body, then RST
    std::array<std::atomic<int>, most> open{};   // connections now
    std::array<std::atomic<int>, most> opened{};
    std::array<std::atomic<int>, most> answers{};

    static std::string address(std::size_t i) { return "127.0.0." + std::to_string(i + 1); }
    static std::uint64_t size() { return 20'000; }

    Endpoint endpoint() const {
        Endpoint to;
        to.host = "store.example";
        to.port = port_;
        for (std::size_t i = 0; i < acceptors_.size(); ++i) to.addresses.push_back(address(i));
        return to;
    }
    // Refuses from now on.
    void refuse(std::size_t i) {
        std::promise<void> done;
        asio::post(io_, [&] {
            acceptors_[i].close();
            done.set_value();
        });
        done.get_future().wait();
    }

  private:
    using tcp = asio::ip::tcp;
    struct Session {
        Session(asio::io_context& io, Front& in, std::size_t at)
            : socket(io), timer(io), front(in), place(at) {}
        ~Session() {
            if (accepted) --front.open[place];
        }
        tcp::socket socket;
        asio::steady_timer timer;
        asio::streambuf request;
        std::string answer;
        Front& front;
        std::size_t place;
        bool accepted = false;
    };

    bool listen(std::size_t i) {
        const auto port = i == 0 ? std::uint16_t{0} : acceptors_.front().local_endpoint().port();
        boost::system::error_code failure;
        tcp::acceptor acceptor(io_, tcp::v4());
        acceptor.set_option(tcp::acceptor::reuse_address(true));
        acceptor.bind({asio::ip::make_address(address(i)), port}, failure);
        if (!failure) acceptor.listen(asio::socket_base::max_listen_connections, failure);
        if (!failure) acceptors_.push_back(std::move(acceptor));
        return !failure;
    }

    void accept(std::size_t i) {
        auto session = std::make_shared<Session>(io_, *this, i);
        acceptors_[i].async_accept(session->socket, [this, i, session](const auto& failure) {
            if (failure) return;
            session->accepted = true;
            ++open[i];
            ++opened[i];
            session->socket.set_option(tcp::no_delay(true));
            serve(session);
            accept(i);
        });
    }

    void serve(const std::shared_ptr<Session>& session) {
        asio::async_read_until(
            session->socket, session->request, "\r\n\r\n",
            [this, session](const auto& failure, std::size_t length) {
                if (failure) return;
                session->request.consume(length);
                session->timer.expires_after(std::chrono::milliseconds(latency_ms[session->place]));
                session->timer.async_wait([this, session](const auto&) { answer(session); });
            });
    }

    void answer(const std::shared_ptr<Session>& session) {
        const bool cut = cuts[session->place];
        session->answer = of_length(std::string(size(), 'x'), "ETag: \"1\"\r\n");
        if (cut) session->answer.resize(session->answer.size() / 2);
        asio::async_write(session->socket, asio::buffer(session->answer),
                          [this, session, cut](const auto& failure, std::size_t) {
                              if (failure) return;
                              if (cut) {
                                  session->socket.set_option(asio::socket_base::linger(true, 0));
                                  return session->socket.close();
                              }
                              ++answers[session->place];
                              serve(session);
                          });
    }

    asio::io_context io_{1};
    std::vector<tcp::acceptor> acceptors_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

}  // namespace s3pipes::test
