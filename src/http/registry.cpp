#include "http/registry.h"

#include <utility>

namespace facegate::http {

std::unique_ptr<Registry::Ticket> Registry::enter(const std::string& remote_address) {
    const std::lock_guard lock(mutex_);
    if (connections_.size() >= max_connections_) return nullptr;
    if (!hosts_.enter(remote_address)) return nullptr;
    const std::size_t number = next_number_++;
    connections_.emplace(number, Entry{remote_address, {}});
    return std::make_unique<Ticket>(shared_from_this(), number);
}

void Registry::attach(const Ticket& ticket, std::weak_ptr<Closable> connection) {
    const std::lock_guard lock(mutex_);
    connections_.at(ticket.number_).connection = std::move(connection);
}

void Registry::leave(std::size_t number) {
    const std::lock_guard lock(mutex_);
    const auto found = connections_.find(number);
    hosts_.leave(found->second.remote_address);
    connections_.erase(found);
    left_.notify_all();
}

std::vector<std::shared_ptr<Closable>> Registry::everybody() {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<Closable>> all;
    all.reserve(connections_.size());
    for (const auto& [number, entry] : connections_) {
        if (auto connection = entry.connection.lock()) all.push_back(std::move(connection));
    }
    return all;
}

void Registry::drain_all() {
    for (const auto& connection : everybody()) connection->drain();
}

void Registry::abort_all() {
    for (const auto& connection : everybody()) connection->abort();
}

bool Registry::wait_until_empty(std::chrono::steady_clock::time_point until) {
    std::unique_lock lock(mutex_);
    return left_.wait_until(lock, until, [this] { return connections_.empty(); });
}

void Registry::wait_until_empty() {
    std::unique_lock lock(mutex_);
    left_.wait(lock, [this] { return connections_.empty(); });
}

}  // namespace facegate::http
