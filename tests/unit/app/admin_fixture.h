#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "app/admin/admin_listener.h"
#include "app/data_directory.h"
#include "domain/audit/audit_search.h"
#include "unit/temporary_directory.h"

namespace facegate::app {

namespace json = boost::json;

/// Stands still until a test moves it.
class StandingClock final : public Clock {
public:
    [[nodiscard]] TimeMs now() const override { return from_unix_ms(now_); }
    void advance(Milliseconds by) { now_ += by.count(); }

private:
    std::atomic<std::int64_t> now_ = 1'780'000'000'123;
};

/// An answer of the listener.
struct Reply {
    unsigned status = 0;
    json::value body;
    std::vector<std::pair<std::string, std::string>> headers;

    [[nodiscard]] std::string text(const char* pointer) const {
        boost::system::error_code error;
        const json::value* found = body.find_pointer(pointer, error);
        return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
    }
};

/// The administration's listener over a data directory of its own, without its sockets.
class AdminListenerTest : public ::testing::Test {
protected:
    AdminListenerTest() { token_ = administration().create_token("cli", "ops", 90).value().text; }
    static Config config_in(const std::string& directory) {
        Config config;
        config.data_dir = directory;
        config.admin_listen = "127.0.0.1:0";
        config.public_url = "https://face.example.com";
        config.share_dir = directory + "/share";
        config.decoder_command = {FACEGATE_DECODER_HOST};
        return config;
    }
    Administration administration() {
        return {*data_.database, *data_.vault, random_, clock_, domain::default_plans()};
    }
    Reply call(const std::string& method, const std::string& target, const json::value& body = nullptr) {
        return call_as(token_, method, target, body);
    }
    Reply call_as(const std::string& token, const std::string& method, const std::string& target,
                  const json::value& body = nullptr, const std::string& address = "192.0.2.1") {
        http::Request request;
        request.method = method;
        request.target = target;
        request.path = target.substr(0, target.find('?'));
        if (request.path.size() < target.size()) request.query = target.substr(request.path.size() + 1);
        if (!token.empty()) request.headers.emplace_back("authorization", "Bearer " + token);
        if (!body.is_null()) {
            request.headers.emplace_back("content-type", "application/json");
            request.body = json::serialize(body);
        }
        request.remote_address = address;
        request.request_id = "test";
        http::Service& service = listener_.service();
        http::Plan plan = service.plan(request);
        const http::Response response = plan.refuse ? std::move(*plan.refuse) : service.handle(std::move(request));
        Reply reply{response.status, {}, response.headers};
        boost::system::error_code error;
        json::value parsed = json::parse(response.content(), error);
        if (!error) reply.body = std::move(parsed);
        return reply;
    }
    std::string new_tenant() { return call("POST", "/admin/v1/tenants", {{"name", "Acme"}}).text("/id"); }
    /// Actions in the chain, oldest first.
    std::vector<std::string> actions(const std::string& tenant, Environment environment) {
        std::vector<std::string> actions;
        for (const auto& record : administration().search_audit({TenantId(tenant), environment}, {}, 100)) {
            actions.insert(actions.begin(), record.action);
        }
        return actions;
    }

    TemporaryDirectory directory_;
    SystemRandom random_;
    StandingClock clock_;
    Config config_ = config_in(directory_.file("data"));
    DataDirectory data_ = open_data_directory(config_.data_dir, random_);
    AdminListener listener_{config_, *data_.database, *data_.vault, random_, clock_};
    std::string token_;
};

}  // namespace facegate::app
