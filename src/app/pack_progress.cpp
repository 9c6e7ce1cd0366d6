#include "app/pack_progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <iostream>
#include <map>
#include <stdexcept>

#include "api/json_writer.h"
#include "app/data_directory.h"
#include "app/packs.h"
#include "base/clock.h"
#include "base/random.h"
#include "domain/audit/audit.h"
#include "domain/faces/face.h"
#include "domain/faces/pack_progress.h"
#include "domain/faces/used_packs.h"
#include "vision/model_pack.h"

namespace facegate::app {

namespace {

namespace json = boost::json;

constexpr int kRetiredAtOnce = 200;

std::string current_pack_id(const Config& config) {
    const auto pack = vision::read_model_pack(pack_directory(config.share_dir, config.pack));
    if (!pack) throw std::runtime_error(pack.error().message);
    return pack->id;
}

/// Sums over the collections.
struct PackTotal {
    std::int64_t faces = 0;
    std::int64_t people = 0;
    std::int64_t waiting = 0;
};

std::map<std::string, PackTotal> totals_of(const std::vector<domain::PackProgress>& progress) {
    std::map<std::string, PackTotal> totals;
    for (const domain::PackProgress& part : progress) {
        PackTotal& total = totals[part.pack_id];
        total.faces += part.faces;
        total.people += part.people;
        total.waiting += part.waiting;
    }
    return totals;
}

const char* state_of(const Config& config, const std::string& pack, const std::string& current) {
    if (pack == current) return "current";
    return installed_pack(config.share_dir, pack) ? "installed" : "missing";
}

json::object to_json(const Config& config, const std::vector<domain::PackProgress>& progress,
                     const std::string& current) {
    json::array packs;
    for (const auto& [pack, total] : totals_of(progress)) {
        packs.push_back(json::object{{"pack", pack},
                                     {"state", state_of(config, pack, current)},
                                     {"faces", total.faces},
                                     {"people", total.people},
                                     {"waiting", total.waiting}});
    }
    json::array collections;
    for (const domain::PackProgress& part : progress) {
        collections.push_back(json::object{{"tenant_id", part.scope.tenant.value},
                                           {"environment", facegate::name_of(part.scope.environment)},
                                           {"pack", part.pack_id},
                                           {"faces", part.faces},
                                           {"people", part.people},
                                           {"waiting", part.waiting}});
    }
    return {{"current", current}, {"packs", std::move(packs)}, {"collections", std::move(collections)}};
}

void print_table(const Config& config, const std::vector<domain::PackProgress>& progress, const std::string& current) {
    const auto totals = totals_of(progress);
    std::cout << fmt::format("{:<16}  {:<9}  {:>9}  {:>9}  {:>9}\n", "PACK", "STATE", "PEOPLE", "FACES", "WAITING");
    std::int64_t waiting = 0;
    for (const auto& [pack, total] : totals) {
        std::cout << fmt::format("{:<16}  {:<9}  {:>9}  {:>9}  {:>9}\n", pack, state_of(config, pack, current),
                                 total.people, total.faces, total.waiting);
        waiting += total.waiting;
    }
    const auto here = totals.find(current);
    const std::int64_t arrived = here == totals.end() ? 0 : here->second.people;
    if (arrived + waiting > 0) {
        const double share = 100.0 * static_cast<double>(arrived) / static_cast<double>(arrived + waiting);
        std::cout << fmt::format("\n{:.1f} % of {} people have a template of {}.\n", share, arrived + waiting, current);
    }
    if (waiting > 0) {
        std::cout << "The others get one by a very sure sign-in; until then keep the packs above installed.\n";
    } else if (totals.size() > 1) {
        std::cout << "The other packs are loaded only so that templates can be revoked: facegate pack retire PACK\n";
    }
    for (const auto& [pack, total] : totals) {
        if (total.waiting == 0 || std::string_view(state_of(config, pack, current)) != "missing") continue;
        std::cout << fmt::format("{} is not installed: {} people cannot sign in. Put it under {}/packs and restart.\n",
                                 pack, total.waiting, config.share_dir);
    }
}

}  // namespace

void print_pack_status(const Config& config, bool as_json) {
    SystemRandom random;
    const DataDirectory data = open_data_directory(config.data_dir, random);
    const std::string current = current_pack_id(config);
    const auto progress =
        data.database->read_system([&](sql::SystemTx& tx) { return domain::pack_progress(tx, current); });
    if (as_json) {
        std::cout << api::write_json_indented(to_json(config, progress, current));
    } else {
        print_table(config, progress, current);
    }
}

void retire_pack(const Config& config, bool as_json, const std::string& pack_id) {
    SystemRandom random;
    const SystemClock clock;
    const DataDirectory data = open_data_directory(config.data_dir, random);
    const std::string current = current_pack_id(config);
    if (pack_id == current) throw std::runtime_error(pack_id + " is the pack in use; only another one can be retired");
    const auto serving = data.database->read_system([](sql::SystemTx& tx) { return domain::serving_pack(tx); });
    if (serving && *serving != current) {
        throw std::runtime_error(fmt::format(
            "the server uses {}, but --pack says {}: name the pack that it serves with", *serving, current));
    }
    const domain::AuditTrail audit(*data.vault);
    std::int64_t people = 0;
    std::int64_t faces = 0;
    for (;;) {
        const auto retired = data.database->read_system(
            [&](sql::SystemTx& tx) { return domain::faces_to_retire(tx, pack_id, current, kRetiredAtOnce); });
        if (retired.empty()) break;
        for (const domain::RetiredFaces& person : retired) {
            data.database->write(person.scope, [&](sql::TenantTx& tx) {
                // Somebody may have revoked what took their place since they were listed.
                const std::vector<domain::Face> now = domain::faces_of_user(tx, person.user);
                if (std::ranges::find(now, current, &domain::Face::pack_id) == now.end()) return;
                std::int64_t removed = 0;
                for (const FaceId& face : person.faces) removed += domain::remove_face(tx, face, clock.now()) ? 1 : 0;
                const json::object details{{"pack", pack_id}, {"faces", removed}};
                audit.append(tx, {"cli", "template.retired", person.user.value, json::serialize(details)}, clock.now());
                faces += removed;
                ++people;
            });
        }
    }
    if (as_json) {
        std::cout << api::write_json_indented(json::object{{"pack", pack_id}, {"people", people}, {"faces", faces}});
    } else {
        std::cout << fmt::format("{} templates of {} destroyed.\n", faces, pack_id);
    }
}

}  // namespace facegate::app
