#include "vision/model_pack.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <tuple>

#include "vision/calibration_json.h"
#include "vision/manifest_node.h"
#include "vision/role_parser.h"

namespace facegate::vision {
namespace {

constexpr std::string_view kManifestName = "manifest.json";
constexpr std::int64_t kFormat = 2;
constexpr std::uintmax_t kLargestManifest = 1 << 20;
constexpr std::size_t kLongText = 1024;
constexpr std::string_view kRemedy = "correct it or fetch the model pack again (scripts/fetch_models)";

constexpr std::int64_t kMostValues = 1 << 22;  // of one output

InputFormat parse_input(const ManifestNode& node) {
    node.allow_only({"name", "size", "channels", "mean", "scale"});
    InputFormat input;
    input.name = node.at("name").text();
    input.size = node.at("size").small(8, 1024);
    const std::string channels = node.at("channels").text();
    if (channels != "RGB" && channels != "BGR") node.at("channels").refuse("must be \"RGB\" or \"BGR\"");
    input.order = channels == "RGB" ? ChannelOrder::kRgb : ChannelOrder::kBgr;
    const std::vector<ManifestNode> means = node.at("mean").items(3, 3);
    for (std::size_t i = 0; i < means.size(); ++i) input.mean[i] = means[i].number_f(-1024, 1024);
    const std::vector<ManifestNode> scales = node.at("scale").items(3, 3);
    for (std::size_t i = 0; i < scales.size(); ++i) input.scale[i] = scales[i].number_f(1e-6, 1e6);
    return input;
}

ExpectedOutput parse_output(const ManifestNode& node) {
    node.allow_only({"name", "dims", "first", "l2"});
    ExpectedOutput output;
    output.name = node.at("name").text();
    std::int64_t values = 1;
    for (const ManifestNode& dim : node.at("dims").items(1, 4)) {
        output.dims.push_back(dim.integer(1, kMostValues));
        values *= output.dims.back();
        if (values > kMostValues) node.at("dims").refuse(fmt::format("make more than {} values", kMostValues));
    }
    for (const ManifestNode& value : node.at("first").items(1, 8)) output.first.push_back(value.number_f(-1e9, 1e9));
    if (std::ssize(output.first) > values) node.at("first").refuse("has more values than the output");
    output.l2 = node.at("l2").number(0, 1e12);
    return output;
}

NetworkEntry parse_network(const std::string& name, const ManifestNode& node) {
    node.allow_only({"file", "sha256", "source", "licence", "licence_file", "input", "outputs"});
    NetworkEntry entry;
    entry.name = name;
    entry.file = node.at("file").name();
    entry.sha256 = node.at("sha256").text();
    if (entry.sha256.size() != 64 || entry.sha256.find_first_not_of("0123456789abcdef") != std::string::npos)
        node.at("sha256").refuse("must be 64 lower-case hexadecimal digits");
    entry.source = node.at("source").text();
    entry.licence = node.at("licence").text();
    entry.licence_file = node.at("licence_file").name();
    entry.input = parse_input(node.at("input"));
    std::set<std::string> names;
    for (const ManifestNode& item : node.at("outputs").items(1, 16)) {
        entry.outputs.push_back(parse_output(item));
        if (!names.insert(entry.outputs.back().name).second)
            item.at("name").refuse("is the name of another output too");
    }
    return entry;
}

/// The parts of the document that vectors and scores depend on, in one text.
std::string fingerprint_of(const boost::json::value& document, const ModelPack& pack) {
    const boost::json::value& roles = document.at("roles");
    std::string text = boost::json::serialize(roles.at("landmarks")) + boost::json::serialize(roles.at("embedders"));
    std::set<std::string> networks{pack.landmarks.network};
    for (const EmbedderRole& role : pack.embedders) networks.insert(role.network);
    for (const std::string& name : networks) {
        text += name + pack.network(name).sha256;
        text += boost::json::serialize(document.at("networks").at(name).at("input"));
    }
    return sha256_hex(text);
}

ModelPack parse(const boost::json::value& document, const std::string& directory) {
    const ManifestNode root(document);
    root.allow_only({"format", "name", "version", "description", "networks", "roles", "calibration", "quality"});
    if (root.at("format").integer(0, 1 << 20) != kFormat)
        root.at("format").refuse(fmt::format("must be {}, the only format this version reads", kFormat));
    ModelPack pack;
    pack.directory = directory;
    pack.id = fmt::format("{}-{}", root.at("name").name(), root.at("version").name());
    pack.description = root.at("description").text(kLongText);
    for (const auto& [name, node] : root.at("networks").members(32))
        pack.networks.emplace(name, parse_network(name, node));

    parse_roles(root.at("roles"), pack);
    std::tie(pack.calibration, pack.calibration_source) = parse_calibration(root.at("calibration"));
    pack.quality = parse_quality(root.at("quality"));
    pack.fingerprint = fingerprint_of(document, pack);
    return pack;
}

}  // namespace

Result<ModelPack> parse_model_pack(std::string_view json, const std::string& directory) {
    const std::string file = (std::filesystem::path(directory) / kManifestName).string();
    if (json.size() > kLargestManifest)
        return fail(ErrorCode::kProviderError, fmt::format("{}: is larger than 1 MiB; {}", file, kRemedy));
    boost::system::error_code failed;
    const boost::json::value document = boost::json::parse(boost::json::string_view(json.data(), json.size()), failed);
    if (failed)
        return fail(ErrorCode::kProviderError,
                    fmt::format("{}: is not valid JSON ({}); {}", file, failed.message(), kRemedy));
    try {
        return parse(document, directory);
    } catch (const ManifestError& error) {
        return fail(ErrorCode::kProviderError, fmt::format("{}: {}; {}", file, error.what(), kRemedy));
    }
}

Result<ModelPack> read_model_pack(const std::string& directory) {
    const std::filesystem::path file = std::filesystem::path(directory) / kManifestName;
    std::ifstream stream(file, std::ios::binary);
    if (!stream)
        return fail(ErrorCode::kProviderError,
                    fmt::format("{}: cannot be read; name the directory of a model pack or fetch the default one "
                                "(scripts/fetch_models)",
                                file.string()));
    std::string text(kLargestManifest + 1, '\0');  // one byte more than may be there
    stream.read(text.data(), std::ssize(text));
    text.resize(static_cast<std::size_t>(stream.gcount()));
    return parse_model_pack(text, directory);
}

}  // namespace facegate::vision
