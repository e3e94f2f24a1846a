// The limit: GET objects over keep-alive connections with a bare epoll loop, one thread, no
// library. Each connection has one reused, page-aligned, pre-faulted buffer; a body is received
// into it and forgotten, so nothing is parsed, copied, allocated or checked beyond Content-Length.
//
//   ceiling HOST PORT PATHS_FILE [CONNECTIONS=4] [BUFFER_BYTES=1048576] [REPEATS=1] [LOW_WATER=0]
//           [RANGE_BYTES=0] [COLD=0]
//
// PATHS_FILE holds one object a line: its request target, and behind a space its size, which only
// RANGE_BYTES asks for (0 = off): larger objects are then fetched in ranges of so many bytes.
// LOW_WATER (bytes, 0 = off) sets SO_RCVLOWAT inside a body, so that the loop wakes for whole
// blocks. One untimed request per connection comes first; with COLD none does, and connecting is
// timed too. Prints one line of JSON.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <strings.h>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

[[noreturn]] void die(const std::string& what) {
    std::fprintf(stderr, "ceiling: %s\n", what.c_str());
    std::exit(1);
}

[[noreturn]] void die_errno(const char* call) {
    die(std::string(call) + ": " + std::strerror(errno));
}

struct Connection {
    int fd = -1;
    char* buffer = nullptr;
    std::size_t head_bytes = 0;  // of an incomplete head, at the front of the buffer
    std::size_t body_left = 0;
    bool in_body = false;
    int low_water = 1;
};

// One request: its target, and its header Range, or nothing.
struct Fetch {
    std::string target;
    std::string range;
};

struct Total {
    unsigned long long bytes = 0;
    unsigned long long requests = 0;
};

struct Usage {
    double wall_s, user_s, sys_s;
    static Usage now() {
        rusage usage{};
        getrusage(RUSAGE_SELF, &usage);
        auto seconds = [](const timeval& t) {
            return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
        };
        auto wall = std::chrono::steady_clock::now().time_since_epoch();
        return {std::chrono::duration<double>(wall).count(), seconds(usage.ru_utime),
                seconds(usage.ru_stime)};
    }
};

class Loop {
  public:
    Loop(const char* host, const char* port, std::size_t connections, std::size_t buffer_bytes,
         std::size_t low_water)
        : buffer_bytes_(buffer_bytes), low_water_(low_water), connections_(connections) {
        host_ = std::string(host) + ":" + port;
        epoll_ = epoll_create1(0);
        if (epoll_ < 0) die_errno("epoll_create1");
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
        if (inet_pton(AF_INET, host, &address.sin_addr) != 1) die("HOST must be an IPv4 address");
        for (auto& c : connections_) open(c, address);
    }

    // Fetches each once, in order, spread over the connections as they become free.
    Total run(const std::vector<Fetch>& fetches) {
        total_ = {};
        next_ = 0;
        for (auto& c : connections_) {
            if (next_ < fetches.size()) request(c, fetches[next_++]);
        }
        epoll_event events[64];
        while (total_.requests < fetches.size()) {
            const int ready = epoll_wait(epoll_, events, 64, 30000);
            if (ready < 0 && errno == EINTR) continue;
            if (ready <= 0) die("no data for 30 s");
            for (int i = 0; i < ready; ++i) {
                receive(*static_cast<Connection*>(events[i].data.ptr), fetches);
            }
        }
        return total_;
    }

  private:
    void open(Connection& c, const sockaddr_in& address) {
        c.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (c.fd < 0) die_errno("socket");
        const int on = 1;
        setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (connect(c.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            die_errno("connect");
        }
        fcntl(c.fd, F_SETFL, O_NONBLOCK);
        void* memory = mmap(nullptr, buffer_bytes_, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        if (memory == MAP_FAILED) die_errno("mmap");
        c.buffer = static_cast<char*>(memory);
        std::memset(c.buffer, 1, buffer_bytes_);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = &c;
        if (epoll_ctl(epoll_, EPOLL_CTL_ADD, c.fd, &event) != 0) die_errno("epoll_ctl");
    }

    void request(Connection& c, const Fetch& fetch) {
        const std::string text =
            "GET " + fetch.target + " HTTP/1.1\r\nHost: " + host_ + "\r\n" + fetch.range + "\r\n";
        const ssize_t sent = send(c.fd, text.data(), text.size(), MSG_NOSIGNAL);
        if (sent != static_cast<ssize_t>(text.size())) die_errno("send");
        c.in_body = false;
        c.head_bytes = 0;
    }

    void receive(Connection& c, const std::vector<Fetch>& fetches) {
        const ssize_t got = recv(c.fd, c.buffer + c.head_bytes, buffer_bytes_ - c.head_bytes, 0);
        if (got == 0) die("the server closed a connection");
        if (got < 0) {
            if (errno == EAGAIN || errno == EINTR) return;
            die_errno("recv");
        }
        auto bytes = static_cast<std::size_t>(got);
        if (!c.in_body && !read_head(c, bytes)) return;
        if (bytes > c.body_left) die("more bytes than Content-Length");
        total_.bytes += bytes;
        c.body_left -= bytes;
        if (low_water_ > 0) set_low_water(c);
        if (c.body_left > 0) return;
        ++total_.requests;
        if (next_ < fetches.size()) request(c, fetches[next_++]);
    }

    // On true the head is complete and `bytes` is what it left of the body.
    bool read_head(Connection& c, std::size_t& bytes) {
        c.head_bytes += bytes;
        const std::string_view text(c.buffer, c.head_bytes);
        const auto end = text.find("\r\n\r\n");
        if (end == std::string_view::npos) {
            if (c.head_bytes == buffer_bytes_) die("the head does not fit the buffer");
            return false;
        }
        if (text.substr(8, 5) != " 200 " && text.substr(8, 5) != " 206 ")
            die("status: " + std::string(text.substr(0, text.find('\r'))));
        c.body_left = content_length(text.substr(0, end + 2));
        c.in_body = true;
        bytes = c.head_bytes - (end + 4);
        c.head_bytes = 0;
        return true;
    }

    static std::size_t content_length(std::string_view head) {
        constexpr std::string_view name = "content-length:";
        for (std::size_t at = head.find("\r\n"); at + 2 < head.size(); at = head.find("\r\n", at)) {
            at += 2;
            if (strncasecmp(head.data() + at, name.data(), name.size()) == 0) {
                return std::strtoull(head.data() + at + name.size(), nullptr, 10);
            }
        }
        die("no Content-Length");
    }

    void set_low_water(Connection& c) {
        const auto wanted =
            std::min({low_water_, buffer_bytes_, std::max<std::size_t>(c.body_left, 1)});
        const int value = c.body_left == 0 ? 1 : static_cast<int>(wanted);
        if (value == c.low_water) return;
        setsockopt(c.fd, SOL_SOCKET, SO_RCVLOWAT, &value, sizeof value);
        c.low_water = value;
    }

    std::size_t buffer_bytes_;
    std::size_t low_water_;
    std::vector<Connection> connections_;
    std::string host_;
    int epoll_ = -1;
    Total total_;
    std::size_t next_ = 0;
};

// The requests for one line of PATHS_FILE.
void split(const std::string& line, unsigned long long range_bytes, std::vector<Fetch>& fetches) {
    const auto space = line.find(' ');
    const std::string target = line.substr(0, space);
    unsigned long long size = 0;
    if (space != std::string::npos) size = std::strtoull(line.c_str() + space, nullptr, 10);
    if (range_bytes == 0 || size <= range_bytes) return fetches.push_back({target, ""});
    for (unsigned long long begin = 0; begin < size; begin += range_bytes) {
        const auto last = std::min(begin + range_bytes, size) - 1;
        fetches.push_back({target, "Range: bytes=" + std::to_string(begin) + "-" +
                                       std::to_string(last) + "\r\n"});
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4) {
        die("HOST PORT PATHS_FILE [CONNECTIONS] [BUFFER_BYTES] [REPEATS] [LOW_WATER] "
            "[RANGE_BYTES] [COLD]");
    }
    auto number = [&](int i, std::size_t other) {
        return argc > i ? std::strtoull(argv[i], nullptr, 10) : other;
    };
    const std::size_t connections = number(4, 4);
    const std::size_t buffer_bytes = number(5, 1 << 20);
    const std::size_t repeats = number(6, 1);
    const bool cold = number(9, 0) != 0;
    std::vector<Fetch> fetches;
    std::size_t objects = 0;
    std::ifstream file(argv[3]);
    for (std::string line; std::getline(file, line);) {
        if (line.empty()) continue;
        split(line, number(8, 0), fetches);
        ++objects;
    }
    if (fetches.empty() || connections == 0 || buffer_bytes < 4096) die("nothing to do");

    Usage before = Usage::now();
    Loop loop(argv[1], argv[2], std::min(connections, fetches.size()), buffer_bytes, number(7, 0));
    if (!cold) {
        loop.run({fetches.begin(),
                  fetches.begin() + static_cast<long>(std::min(connections, fetches.size()))});
        before = Usage::now();
    }
    unsigned long long bytes = 0;
    for (std::size_t i = 0; i < repeats; ++i) bytes += loop.run(fetches).bytes;
    const Usage after = Usage::now();
    std::printf(
        "{\"wall_s\": %.6f, \"user_s\": %.6f, \"sys_s\": %.6f, \"bytes\": %llu, \"objects\": "
        "%zu}\n",
        after.wall_s - before.wall_s, after.user_s - before.user_s, after.sys_s - before.sys_s,
        bytes, repeats * objects);
}
