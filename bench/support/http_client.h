#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace facegate::bench {

/// One keep-alive connection to a server on this machine, as an HTTP client would hold it. Not thread-safe.
class HttpClient {
public:
    explicit HttpClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const int on = 1;
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
            throw std::runtime_error("cannot connect to the server");
        }
    }
    ~HttpClient() { ::close(socket_); }
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    /// Posts JSON and returns the body of the answer, which must be a 2xx with a Content-Length.
    std::string post(std::string_view path, const std::string& key, const std::string& body) {
        send_all("POST " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + key +
                 "\r\nx-device-id: bench\r\nContent-Type: application/json\r\nContent-Length: " +
                 std::to_string(body.size()) + "\r\n\r\n" + body);
        std::string answer;
        std::size_t head_end = std::string::npos;
        while ((head_end = answer.find("\r\n\r\n")) == std::string::npos) receive(answer);
        const std::size_t wanted = head_end + 4 + content_length(answer.substr(0, head_end));
        while (answer.size() < wanted) receive(answer);
        if (!answer.starts_with("HTTP/1.1 2")) throw std::runtime_error("the server answered: " + answer);
        return answer.substr(head_end + 4);
    }

private:
    static std::size_t content_length(const std::string& head) {
        constexpr std::string_view kName = "\r\nContent-Length: ";
        const std::size_t at = head.find(kName);
        if (at == std::string::npos) throw std::runtime_error("an answer without Content-Length");
        return std::stoul(head.substr(at + kName.size()));
    }
    void send_all(std::string_view text) {
        while (!text.empty()) {
            const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
            if (sent <= 0) throw std::runtime_error("the server closed the connection");
            text.remove_prefix(static_cast<std::size_t>(sent));
        }
    }
    void receive(std::string& into) {
        char part[16384];
        const ssize_t count = ::recv(socket_, part, sizeof(part), 0);
        if (count <= 0) throw std::runtime_error("the server closed the connection");
        into.append(part, static_cast<std::size_t>(count));
    }

    int socket_;
};

}  // namespace facegate::bench
