#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "http/host_limit.h"

namespace facegate::http {

/// Something the listener can ask to end. Both calls may come from any thread.
class Closable {
public:
    virtual ~Closable() = default;
    /// Finish what runs, take nothing new.
    virtual void drain() = 0;
    /// Break off.
    virtual void abort() = 0;
};

/// Who is connected. Thread-safe.
class Registry : public std::enable_shared_from_this<Registry> {
public:
    /// A place in the registry, held by a connection as its first member: given back when all the rest of the
    /// connection is destroyed.
    class Ticket {
    public:
        Ticket(std::shared_ptr<Registry> registry, std::size_t number)
            : registry_(std::move(registry)), number_(number) {}
        ~Ticket() { registry_->leave(number_); }
        Ticket(const Ticket&) = delete;
        Ticket& operator=(const Ticket&) = delete;

    private:
        friend class Registry;
        std::shared_ptr<Registry> registry_;
        std::size_t number_;
    };

    explicit Registry(std::size_t max_connections) : max_connections_(max_connections), hosts_(max_connections) {}

    /// Null: full, or the host at that address has its part already.
    std::unique_ptr<Ticket> enter(const std::string& remote_address);
    /// From now on drain and abort reach it.
    void attach(const Ticket& ticket, std::weak_ptr<Closable> connection);

    void drain_all();
    void abort_all();
    /// True when nobody is left; false when `until` came first.
    bool wait_until_empty(std::chrono::steady_clock::time_point until);
    void wait_until_empty();

private:
    struct Entry {
        std::string remote_address;
        std::weak_ptr<Closable> connection;
    };

    void leave(std::size_t number);
    std::vector<std::shared_ptr<Closable>> everybody();

    const std::size_t max_connections_;
    std::mutex mutex_;
    std::condition_variable left_;
    std::size_t next_number_ = 0;
    HostLimit hosts_;
    std::unordered_map<std::size_t, Entry> connections_;
};

}  // namespace facegate::http
