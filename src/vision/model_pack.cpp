#include "vision/model_pack.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "vision/calibration_json.h"
#include "vision/geometry.h"
#include "vision/manifest_node.h"

namespace facegate::vision {
namespace {

constexpr std::string_view kManifestName = "manifest.json";
constexpr std::uintmax_t kLargestManifest = 1 << 20;
constexpr std::string_view kRemedy = "correct it or fetch the model pack again (scripts/fetch_models)";

constexpr std::int64_t kDetectorRow = 17;     // score, box, 6 keypoints
constexpr std::int64_t kIrisValues = 71 * 3;  // the contour's points; the iris itself may follow

std::int64_t count_of(const std::vector<std::int64_t>& dims) {
    std::int64_t count = 1;
    for (const std::int64_t dim : dims) count *= dim;
    return count;
}

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
    input.scale = node.at("scale").number_f(1e-6, 1e6);
    return input;
}

ExpectedOutput parse_output(const ManifestNode& node) {
    node.allow_only({"name", "dims", "first", "l2"});
    ExpectedOutput output;
    output.name = node.at("name").text();
    for (const ManifestNode& dim : node.at("dims").items(1, 4)) output.dims.push_back(dim.integer(1, 1 << 12));
    for (const ManifestNode& value : node.at("first").items(1, 8)) output.first.push_back(value.number_f(-1e9, 1e9));
    if (std::ssize(output.first) > count_of(output.dims)) node.at("first").refuse("has more values than the output");
    output.l2 = node.at("l2").number(0, 1e12);
    return output;
}

NetworkEntry parse_network(const std::string& name, const ManifestNode& node) {
    node.allow_only({"file", "sha256", "source", "licence", "input", "outputs"});
    NetworkEntry entry;
    entry.name = name;
    entry.file = node.at("file").text();
    if (entry.file.front() == '.' || entry.file.find('/') != std::string::npos)
        node.at("file").refuse("must be the plain name of a file beside the manifest");
    entry.sha256 = node.at("sha256").text();
    if (entry.sha256.size() != 64 || entry.sha256.find_first_not_of("0123456789abcdef") != std::string::npos)
        node.at("sha256").refuse("must be 64 lower-case hexadecimal digits");
    entry.source = node.at("source").text();
    entry.licence = node.at("licence").text();
    entry.input = parse_input(node.at("input"));
    std::set<std::string> names;
    for (const ManifestNode& item : node.at("outputs").items(1, 16)) {
        entry.outputs.push_back(parse_output(item));
        if (!names.insert(entry.outputs.back().name).second)
            item.at("name").refuse("is the name of another output too");
    }
    return entry;
}

/// The networks and what roles refer to them by.
class RoleParser {
public:
    explicit RoleParser(const std::map<std::string, NetworkEntry>& networks) : networks_(networks) {}

    [[nodiscard]] DetectorRole detector(const ManifestNode& node) const {
        node.allow_only({"network", "output", "anchors", "score_threshold", "nms_iou"});
        DetectorRole role;
        role.network = network(node);
        role.output = output(node, "output");
        std::int64_t rows = 0;
        for (const ManifestNode& item : node.at("anchors").items(1, 8)) {
            item.allow_only({"cells", "per_cell"});
            role.anchors.push_back({item.at("cells").small(1, 256), item.at("per_cell").small(1, 16)});
            rows += std::int64_t{role.anchors.back().cells} * role.anchors.back().cells * role.anchors.back().per_cell;
        }
        if (values_of(role.network, role.output) != rows * kDetectorRow)
            node.at("anchors").refuse(
                fmt::format("give {} rows of {} values, which the output does not have", rows, kDetectorRow));
        role.score_threshold = node.at("score_threshold").number_f(0.01, 0.99);
        role.nms_iou = node.at("nms_iou").number_f(0.01, 0.99);
        return role;
    }

    [[nodiscard]] LandmarksRole landmarks(const ManifestNode& node) const {
        node.allow_only(
            {"network", "mesh_output", "presence_output", "crop_factor", "passes", "passes_rolled", "rolled_degrees"});
        LandmarksRole role;
        role.network = network(node);
        role.mesh_output = output(node, "mesh_output");
        role.presence_output = output(node, "presence_output");
        if (values_of(role.network, role.mesh_output) != kMeshPoints * 3)
            node.at("mesh_output").refuse(fmt::format("must have {} x 3 values", kMeshPoints));
        if (values_of(role.network, role.presence_output) != 1)
            node.at("presence_output").refuse("must have one value");
        role.crop_factor = node.at("crop_factor").number_f(1, 4);
        role.passes = node.at("passes").small(1, 5);
        role.passes_rolled = node.at("passes_rolled").small(role.passes, 5);
        role.rolled_degrees = node.at("rolled_degrees").number_f(0, 180);
        return role;
    }

    [[nodiscard]] IrisRole iris(const ManifestNode& node) const {
        node.allow_only({"network", "output", "crop_factor", "mirror_left"});
        IrisRole role;
        role.network = network(node);
        role.output = output(node, "output");
        if (values_of(role.network, role.output) < kIrisValues)
            node.at("output").refuse(fmt::format("must have at least {} values", kIrisValues));
        role.crop_factor = node.at("crop_factor").number_f(1, 8);
        role.mirror_left = node.at("mirror_left").boolean();
        return role;
    }

    [[nodiscard]] EmbedderRole embedder(const ManifestNode& node) const {
        node.allow_only({"name", "network", "output", "dimension", "mirror", "alignment", "fusion"});
        EmbedderRole role;
        role.name = node.at("name").text();
        role.network = network(node);
        role.output = output(node, "output");
        role.dimension = static_cast<std::size_t>(node.at("dimension").integer(8, 1 << 12));
        if (values_of(role.network, role.output) != static_cast<std::int64_t>(role.dimension))
            node.at("dimension").refuse("is not the number of values of the output");
        role.mirror = node.at("mirror").boolean();
        role.alignment = alignment(node.at("alignment"));
        const ManifestNode fusion = node.at("fusion");
        fusion.allow_only({"weight", "bias"});
        role.weight = fusion.at("weight").number(1e-6, 1e6);
        role.bias = fusion.at("bias").number(-1e6, 1e6);
        return role;
    }

private:
    static Alignment alignment(const ManifestNode& node) {
        Alignment alignment;
        const std::string type = node.at("type").text();
        if (type == "eye_level_square") {
            node.allow_only({"type", "factor"});
            alignment.type = Alignment::Type::kEyeLevelSquare;
            alignment.factor = node.at("factor").number_f(0.5, 4);
            return alignment;
        }
        if (type != "similarity") node.at("type").refuse("must be \"similarity\" or \"eye_level_square\"");
        node.allow_only({"type", "mesh_points", "template", "padding"});
        alignment.type = Alignment::Type::kSimilarity;
        for (const ManifestNode& group : node.at("mesh_points").items(2, kMeshPoints)) {
            std::vector<int>& indices = alignment.mesh_points.emplace_back();
            for (const ManifestNode& index : group.items(1, 16)) indices.push_back(index.small(0, kMeshPoints - 1));
        }
        const std::size_t points = alignment.mesh_points.size();
        for (const ManifestNode& point : node.at("template").items(points, points)) {
            const std::vector<ManifestNode> xy = point.items(2, 2);
            alignment.template_points.push_back({xy[0].number_f(-1, 2), xy[1].number_f(-1, 2)});
        }
        alignment.padding = node.at("padding").number_f(0, 4);
        return alignment;
    }

    [[nodiscard]] std::string network(const ManifestNode& node) const {
        std::string name = node.at("network").text();
        if (!networks_.contains(name)) node.at("network").refuse("is not among the pack's networks");
        return name;
    }

    [[nodiscard]] std::size_t output(const ManifestNode& node, std::string_view member) const {
        const std::string name = node.at(member).text();
        const std::vector<ExpectedOutput>& outputs = networks_.at(network(node)).outputs;
        const auto found = std::ranges::find(outputs, name, &ExpectedOutput::name);
        if (found == outputs.end()) node.at(member).refuse("is not among the network's outputs");
        return static_cast<std::size_t>(found - outputs.begin());
    }

    [[nodiscard]] std::int64_t values_of(const std::string& network, std::size_t output) const {
        return count_of(networks_.at(network).outputs.at(output).dims);
    }

    const std::map<std::string, NetworkEntry>& networks_;
};

ModelPack parse(const boost::json::value& document, const std::string& directory) {
    const ManifestNode root(document);
    root.allow_only({"format", "name", "version", "networks", "roles", "calibration"});
    if (root.at("format").integer(0, 1 << 20) != 1)
        root.at("format").refuse("must be 1, the only format this version reads");
    ModelPack pack;
    pack.directory = directory;
    pack.id = fmt::format("{}-{}", root.at("name").text(), root.at("version").text());
    for (const auto& [name, node] : root.at("networks").members(32))
        pack.networks.emplace(name, parse_network(name, node));

    const ManifestNode roles = root.at("roles");
    roles.allow_only({"detector_short", "detector_full", "landmarks", "iris", "embedders"});
    const RoleParser parser(pack.networks);
    pack.detector_short = parser.detector(roles.at("detector_short"));
    if (const auto node = roles.find("detector_full")) pack.detector_full = parser.detector(*node);
    pack.landmarks = parser.landmarks(roles.at("landmarks"));
    if (const auto node = roles.find("iris")) pack.iris = parser.iris(*node);
    for (const ManifestNode& node : roles.at("embedders").items(1, 8)) pack.embedders.push_back(parser.embedder(node));
    pack.calibration = parse_calibration_tables(root.at("calibration"));
    return pack;
}

}  // namespace

Result<ModelPack> parse_model_pack(std::string_view json, const std::string& directory) {
    const std::string file = (std::filesystem::path(directory) / kManifestName).string();
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
    std::error_code failed;
    const std::uintmax_t size = std::filesystem::file_size(file, failed);
    if (failed)
        return fail(ErrorCode::kProviderError,
                    fmt::format("{}: {}; name the directory of a model pack or fetch the default one "
                                "(scripts/fetch_models)",
                                file.string(), failed.message()));
    if (size > kLargestManifest)
        return fail(ErrorCode::kProviderError, fmt::format("{}: is larger than 1 MiB; {}", file.string(), kRemedy));
    std::ifstream stream(file, std::ios::binary);
    std::string text(size, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(size));
    if (!stream)
        return fail(ErrorCode::kProviderError, fmt::format("{}: cannot be read; check its permissions", file.string()));
    return parse_model_pack(text, directory);
}

}  // namespace facegate::vision
