#include "app/signing_key_commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <iostream>
#include <stdexcept>

#include "api/json_writer.h"
#include "app/config.h"
#include "app/data_directory.h"
#include "base/clock.h"
#include "domain/audit/audit.h"
#include "domain/issuers/signing_keys.h"
#include "domain/issuers/token_secrets.h"
#include "domain/tenants/tenant.h"

namespace facegate::app {

namespace {

namespace json = boost::json;
using std::chrono::minutes;

/// A week, as long as a key may be published before it signs.
constexpr int kMostMinutes = 7 * 24 * 60;

const char* state_of(const domain::KeyTimes& times, TimeMs now) {
    if (now < times.signs_from) return "published";
    return times.not_after ? "retiring" : "signing";
}

json::object to_json(const std::string& key_id, TimeMs created_at, const domain::KeyTimes& times, TimeMs now) {
    return {{"key_id", key_id},
            {"state", state_of(times, now)},
            {"created_at", to_iso8601(created_at)},
            {"signs_from", to_iso8601(times.signs_from)},
            {"not_after", times.not_after ? json::value(to_iso8601(*times.not_after)) : json::value(nullptr)}};
}

json::object to_json(const domain::SigningKeyInfo& key, TimeMs now) {
    json::object object = to_json(key.key_id, key.created_at, key.times, now);
    object["issuer"] = key.issuer;
    object["algorithm"] = "ES256";
    return object;
}

json::object to_json(const domain::TokenSecretInfo& secret, TimeMs now) {
    json::object object = to_json(secret.key_id, secret.created_at, secret.times, now);
    object["tenant_id"] = secret.scope.tenant.value;
    object["environment"] = name_of(secret.scope.environment);
    object["algorithm"] = "HS256";
    return object;
}

/// Date and minute of a time as it stands in the JSON.
std::string minute_of(const json::value& time) {
    return std::string(time.as_string()).substr(0, 16);
}

std::string table_row(const std::string& owner, const json::object& key) {
    const json::value& end = key.at("not_after");
    return fmt::format("{:<33}  {:<5}  {:<9}  from {}  until {}  {}\n", owner, key.at("algorithm").as_string().c_str(),
                       key.at("state").as_string().c_str(), minute_of(key.at("signs_from")),
                       end.is_string() ? minute_of(end) : "it is rotated", key.at("key_id").as_string().c_str());
}

template <class T>
T value_or_throw(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return std::move(*result);
}

/// The scope of a tenant that is there.
Scope known_scope(sql::SystemTx& tx, const SecretChange& change) {
    if (!domain::find_tenant(tx, TenantId(change.tenant))) {
        throw std::runtime_error("there is no tenant " + change.tenant + "; see: facegate tenant list");
    }
    return {TenantId(change.tenant), change.environment == "live" ? Environment::kLive : Environment::kTest};
}

void record(const DataDirectory& data, sql::TenantTx& tx, const char* action, TimeMs now) {
    domain::AuditTrail(*data.vault).append(tx, {"cli", action, tx.scope().tenant.value, "{}"}, now);
}

void print_secret(const domain::CreatedTokenSecret& created, bool as_json, TimeMs now) {
    json::object object = to_json(created.secret, now);
    object["secret"] = created.text;
    if (as_json) {
        std::cout << api::write_json_indented(object);
        return;
    }
    std::cout << fmt::format(
        "{}\n\nGive this secret to the tenant's backend now: it is not shown again. It signs from {}.\n", created.text,
        to_iso8601(created.secret.times.signs_from));
}

}  // namespace

void list_signing_keys(const std::string& data_dir, bool as_json) {
    SystemRandom random;
    const DataDirectory data = open_data_directory(data_dir, random);
    const TimeMs now = SystemClock().now();
    const auto keys = data.database->read_system([&](sql::SystemTx& tx) { return domain::list_signing_keys(tx, now); });
    const auto secrets =
        data.database->read_system([&](sql::SystemTx& tx) { return domain::list_token_secrets(tx, now); });
    json::array list;
    std::string table;
    for (const domain::SigningKeyInfo& key : keys) {
        list.push_back(to_json(key, now));
        table += table_row(key.issuer, list.back().as_object());
    }
    for (const domain::TokenSecretInfo& secret : secrets) {
        list.push_back(to_json(secret, now));
        table +=
            table_row(secret.scope.tenant.value + " " + name_of(secret.scope.environment), list.back().as_object());
    }
    if (as_json) {
        std::cout << api::write_json_indented(list);
        return;
    }
    std::cout << (table.empty() ? "No keys yet: the server makes them at its first start.\n" : table);
}

void rotate_signing_key(const std::string& data_dir, bool as_json, const KeyRotation& rotation) {
    SystemRandom random;
    const DataDirectory data = open_data_directory(data_dir, random);
    const TimeMs now = SystemClock().now();
    const auto key = value_or_throw(data.database->write_system([&](sql::SystemTx& tx) {
        if (rotation.revoke_old) return domain::replace_signing_keys(tx, *data.vault, rotation.issuer, now);
        return domain::rotate_signing_key(tx, *data.vault, rotation.issuer, minutes(rotation.publish_minutes), now);
    }));
    const json::object object = to_json(key, now);
    if (as_json) {
        std::cout << api::write_json_indented(object);
    } else {
        std::cout << table_row(key.issuer, object);
    }
}

void change_token_secret(const std::string& data_dir, bool as_json, const SecretChange& change) {
    SystemRandom random;
    const DataDirectory data = open_data_directory(data_dir, random);
    const TimeMs now = SystemClock().now();
    const Scope scope = data.database->read_system([&](sql::SystemTx& tx) { return known_scope(tx, change); });
    if (change.off) {
        data.database->write(scope, [&](sql::TenantTx& tx) {
            domain::end_token_secrets(tx, now);
            record(data, tx, "token_secret.ended", now);
        });
        if (as_json) std::cout << api::write_json_indented(json::object{{"algorithm", "ES256"}});
        if (!as_json) std::cout << "Tokens are signed with ES256 again.\n";
        return;
    }
    const auto created = value_or_throw(data.database->write(scope, [&](sql::TenantTx& tx) {
        auto made = domain::create_token_secret(tx, *data.vault, random, minutes(change.publish_minutes), now);
        if (made) record(data, tx, "token_secret.created", now);
        return made;
    }));
    print_secret(created, as_json, now);
}

void add_signing_key_commands(CLI::App& app) {
    CLI::App* keys = app.add_subcommand("signing-key", "Keys that sign tokens; a running server follows");
    keys->require_subcommand(1);
    static std::string data_dir = Config{}.data_dir;
    static bool as_json = false;
    static KeyRotation rotation{.publish_minutes = static_cast<int>(domain::kPublishBeforeSigning.count())};
    static SecretChange change;

    CLI::App* list = keys->add_subcommand("list", "List keys and secrets (never what is secret of them)");
    list->callback([] { list_signing_keys(data_dir, as_json); });

    CLI::App* rotate = keys->add_subcommand("rotate", "Publish a new key, let it sign later, and retire the old one");
    rotate->add_option("--issuer", rotation.issuer, "live, test, demo, or refresh (refresh tokens of all)")
        ->required()
        ->check(CLI::IsMember({"live", "test", "demo", "refresh"}));
    rotate
        ->add_option("--publish-minutes", rotation.publish_minutes,
                     "How long the new key is in the key set before it signs: verifiers cache the key set")
        ->check(CLI::Range(0, kMostMinutes))
        ->capture_default_str();
    rotate->add_flag("--revoke-old", rotation.revoke_old,
                     "For a key in wrong hands: the new one signs at once, and no token of the old ones is good");
    rotate->callback([] { rotate_signing_key(data_dir, as_json, rotation); });

    CLI::App* hs256 = keys->add_subcommand("hs256", "Sign a tenant's tokens with a shared secret, which is shown once");
    hs256->add_option("--tenant", change.tenant, "Tenant id")->required();
    hs256->add_option("--env", change.environment, "test or live")->required()->check(CLI::IsMember({"test", "live"}));
    hs256
        ->add_option("--publish-minutes", change.publish_minutes,
                     "How long until it signs: the time to bring it to the tenant's backend")
        ->check(CLI::Range(0, kMostMinutes))
        ->capture_default_str();
    hs256->add_flag("--off", change.off, "Back to ES256, with the issuer's public keys");
    hs256->callback([] { change_token_secret(data_dir, as_json, change); });

    for (CLI::App* command : {list, rotate, hs256}) {
        command->add_option("--data-dir", data_dir, "Directory of the database and the master key")
            ->envname("FACEGATE_DATA_DIR")
            ->capture_default_str();
        command->add_flag("--json", as_json, "Print JSON");
    }
}

}  // namespace facegate::app
