#include "app/pack_commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <iostream>
#include <set>
#include <stdexcept>

#include "api/json_writer.h"
#include "app/pack_progress.h"
#include "app/packs.h"

namespace facegate::app {

namespace {

namespace json = boost::json;

using Runtimes = std::vector<std::unique_ptr<vision::InferenceRuntime>>;

/// A pack as far as its manifest could be read.
struct Listed {
    std::string directory;
    Result<vision::ModelPack> pack;
    bool configured = false;
};

bool same_directory(const std::string& a, const std::string& b) {
    std::error_code error;
    return a == b || std::filesystem::equivalent(a, b, error);
}

std::vector<Listed> known_packs(const Config& config) {
    const std::string chosen = pack_directory(config.share_dir, config.pack);
    std::vector<std::string> directories = installed_packs(config.share_dir);
    const auto is_chosen = [&](const std::string& directory) { return same_directory(directory, chosen); };
    if (std::ranges::none_of(directories, is_chosen)) directories.push_back(chosen);
    std::vector<Listed> packs;
    for (const std::string& directory : directories) {
        packs.push_back({directory, vision::read_model_pack(directory), is_chosen(directory)});
    }
    return packs;
}

std::size_t dimension_of(const vision::ModelPack& pack) {
    std::size_t dimension = 0;
    for (const vision::EmbedderRole& role : pack.embedders) dimension += role.dimension;
    return dimension;
}

std::set<std::string> licences_of(const vision::ModelPack& pack) {
    std::set<std::string> licences;
    for (const auto& [name, entry] : pack.networks) licences.insert(entry.licence);
    return licences;
}

json::object to_json(const Listed& listed) {
    json::object object{{"directory", listed.directory}, {"configured", listed.configured}};
    if (!listed.pack) {
        object["problem"] = listed.pack.error().message;
        return object;
    }
    const vision::ModelPack& pack = *listed.pack;
    json::array embedders;
    for (const vision::EmbedderRole& role : pack.embedders) {
        embedders.push_back(
            json::object{{"name", role.name}, {"network", role.network}, {"dimension", role.dimension}});
    }
    object["id"] = pack.id;
    object["description"] = pack.description;
    object["embedders"] = std::move(embedders);
    object["dimension"] = dimension_of(pack);
    object["bytes_on_disk"] = size_on_disk(pack.directory);
    object["licences"] = json::value_from(licences_of(pack));
    object["calibration_source"] = pack.calibration_source;
    return object;
}

void print(const Listed& listed) {
    const char* mark = listed.configured ? "  (configured)" : "";
    if (!listed.pack) {
        std::cout << fmt::format("✗ {}{}\n    {}\n", listed.directory, mark, listed.pack.error().message);
        return;
    }
    const vision::ModelPack& pack = *listed.pack;
    std::vector<std::string> embedders;
    for (const vision::EmbedderRole& role : pack.embedders) {
        embedders.push_back(fmt::format("{} ({}, {})", role.name, role.network, role.dimension));
    }
    std::cout << fmt::format("{}{}\n", pack.id, mark) << fmt::format("    {}\n", pack.description)
              << fmt::format("    directory    {}, {:.1f} MB\n", pack.directory,
                             static_cast<double>(size_on_disk(pack.directory)) / 1e6)
              << fmt::format("    embedders    {}; {} numbers a face\n", fmt::join(embedders, ", "), dimension_of(pack))
              << fmt::format("    licences     {}\n", fmt::join(licences_of(pack), ", "))
              << fmt::format("    calibration  {}\n", pack.calibration_source);
}

/// What was found of one pack.
struct Verified {
    std::string name;
    std::vector<PackFinding> findings;

    [[nodiscard]] bool sound() const {
        return std::ranges::all_of(findings, [](const PackFinding& finding) { return finding.problem.empty(); });
    }
};

Verified verify_pack(const std::string& directory, const Runtimes& runtimes) {
    const Result<vision::ModelPack> pack = vision::read_model_pack(directory);
    Verified verified{pack ? fmt::format("{}  {}", pack->id, directory) : directory, {}};
    verified.findings.push_back({"manifest.json", "manifest", pack ? std::string() : pack.error().message});
    if (pack) std::ranges::move(check_pack(*pack, runtimes), std::back_inserter(verified.findings));
    return verified;
}

void print(const Verified& verified) {
    std::size_t widest = 0;
    for (const PackFinding& finding : verified.findings) widest = std::max(widest, finding.file.size());
    std::cout << verified.name;
    std::string file;
    for (const PackFinding& finding : verified.findings) {
        if (finding.file != file) std::cout << fmt::format("\n  {:<{}}", finding.file, widest);
        file = finding.file;
        std::cout << fmt::format("  {} {}", finding.problem.empty() ? "✓" : "✗", finding.check);
    }
    std::cout << '\n';
    for (const PackFinding& finding : verified.findings) {
        if (!finding.problem.empty()) std::cout << "  → " << finding.problem << '\n';
    }
}

json::object to_json(const std::string& directory, const Verified& verified) {
    json::array checks;
    for (const PackFinding& finding : verified.findings) {
        json::object check{{"file", finding.file}, {"check", finding.check}, {"ok", finding.problem.empty()}};
        if (!finding.problem.empty()) check["problem"] = finding.problem;
        checks.push_back(std::move(check));
    }
    return {{"directory", directory}, {"ok", verified.sound()}, {"checks", std::move(checks)}};
}

/// As a manifest writes it: seven digits are all that a float has.
double rounded(double value) {
    return std::stod(fmt::format("{:.7g}", value));
}

json::object to_json(const vision::ExpectedOutput& output) {
    json::array first;
    for (const float value : output.first) first.emplace_back(rounded(static_cast<double>(value)));
    return {{"name", output.name},
            {"dims", json::value_from(output.dims)},
            {"first", std::move(first)},
            {"l2", rounded(output.l2)}};
}

/// The settings that say where packs are, as `serve` has them.
void add_pack_settings(CLI::App* command, Config& config) {
    for (const Setting& setting : settings()) {
        const std::string name = setting.name;
        if (name != "pack" && name != "share-dir") continue;
        command->add_option("--" + name, config.*setting.text, setting.doc)->envname(environment_name(setting));
    }
}

}  // namespace

void list_packs(const Config& config, bool as_json) {
    const std::vector<Listed> packs = known_packs(config);
    if (as_json) {
        json::array list;
        for (const Listed& listed : packs) list.push_back(to_json(listed));
        std::cout << api::write_json_indented(list);
        return;
    }
    for (const Listed& listed : packs) print(listed);
}

void verify_packs(const Config& config, bool as_json, const std::vector<std::string>& packs) {
    std::vector<std::string> directories;
    for (const std::string& pack : packs) directories.push_back(pack_directory(config.share_dir, pack));
    if (packs.empty()) {
        for (const Listed& listed : known_packs(config)) directories.push_back(listed.directory);
    }
    const Runtimes runtimes = available_runtimes(config.share_dir);
    bool sound = true;
    json::array list;
    for (const std::string& directory : directories) {
        const Verified verified = verify_pack(directory, runtimes);
        sound = sound && verified.sound();
        if (as_json) {
            list.push_back(to_json(directory, verified));
        } else {
            print(verified);
        }
    }
    if (as_json) std::cout << api::write_json_indented(list);
    if (!sound) throw std::runtime_error("a model pack is not sound; the server does not start with it");
}

void describe_network(const Config& config, const NetworkToDescribe& network) {
    const Result<std::string> sha256 = vision::sha256_of_file(network.file);
    if (!sha256) throw std::runtime_error(sha256.error().message);
    const Runtimes runtimes = available_runtimes(config.share_dir);
    const vision::NetworkSpec spec{network.file, network.input, {1, 3, network.size, network.size}, network.outputs};
    const auto loaded = runtimes.front()->load(spec);
    if (!loaded) throw std::runtime_error(loaded.error().message);
    const std::vector<vision::Tensor> tensors = (*loaded)->run(vision::self_test_input(network.size));
    json::array outputs;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        outputs.push_back(to_json(vision::describe_output(network.outputs[i], tensors[i])));
    }
    std::cout << api::write_json_indented(
        json::object{{"file", std::filesystem::path(network.file).filename().string()},
                     {"sha256", *sha256},
                     {"input", json::object{{"name", network.input}, {"size", network.size}}},
                     {"outputs", std::move(outputs)}});
}

void add_pack_commands(CLI::App& app, Config& config) {
    CLI::App* pack = app.add_subcommand("pack", "Model packs: the networks and what their scores mean");
    pack->require_subcommand(1);
    static bool as_json = false;
    static std::vector<std::string> named;
    static NetworkToDescribe network;

    CLI::App* list = pack->add_subcommand("list", "List installed packs");
    list->callback([&config] { list_packs(resolved(config), as_json); });

    CLI::App* verify = pack->add_subcommand("verify", "Check manifest, files, self-tests and licences of packs");
    verify->add_option("PACK", named, "A name under SHARE/packs or a directory; none: every installed pack");
    verify->callback([&config] { verify_packs(resolved(config), as_json, named); });

    CLI::App* describe = pack->add_subcommand("describe", "Print what a manifest says of an ONNX network");
    describe->add_option("FILE", network.file, "The ONNX file")->required();
    describe->add_option("--input", network.input, "Name of its input")->capture_default_str();
    describe->add_option("--size", network.size, "Width and height of its input in pixels")
        ->required()
        ->check(CLI::Range(8, 1024));
    describe->add_option("--output", network.outputs, "Name of an output to use; repeatable")->required();
    describe->callback([&config] { describe_network(resolved(config), network); });

    static std::string retired;
    CLI::App* status =
        pack->add_subcommand("status", "How far people have come from older packs to the configured one");
    status->callback([&config] { print_pack_status(resolved(config), as_json); });
    CLI::App* retire = pack->add_subcommand("retire", "Destroy an older pack's templates that have no use any more");
    retire->add_option("PACK_ID", retired, "As pack status names it, e.g. default-1")->required();
    retire->callback([&config] { retire_pack(resolved(config), as_json, retired); });

    for (CLI::App* command : {status, retire}) {
        command->add_option("--data-dir", config.data_dir, "Directory of the database and the master key")
            ->envname("FACEGATE_DATA_DIR")
            ->capture_default_str();
    }
    for (CLI::App* command : {list, verify, status, retire}) command->add_flag("--json", as_json, "Print JSON");
    for (CLI::App* command : {list, verify, describe, status, retire}) add_pack_settings(command, config);
}

}  // namespace facegate::app
