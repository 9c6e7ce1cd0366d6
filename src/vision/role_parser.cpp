#include "vision/role_parser.h"

#include <fmt/format.h>

#include <algorithm>

#include "vision/geometry.h"

namespace facegate::vision {
namespace {

constexpr std::int64_t kBlazeFaceRow = 17;  // score, box, 6 key points
constexpr std::int64_t kBoxValues = 4;
constexpr std::int64_t kFivePoints = 5 * 2;
constexpr std::int64_t kIrisValues = 71 * 3;  // the contour's points; the iris itself may follow
constexpr std::size_t kMostLevels = 8;

/// The networks and what roles refer to them by.
class RoleParser {
public:
    explicit RoleParser(const std::map<std::string, NetworkEntry>& networks) : networks_(networks) {}

    [[nodiscard]] DetectorRole detector(const ManifestNode& node) const {
        DetectorRole role;
        role.network = network(node);
        const std::string type = node.at("type").text();
        if (type == "blazeface") {
            role.layout = blazeface(node, role.network);
        } else if (type == "yunet") {
            role.layout = yunet(node, role.network);
        } else if (type == "scrfd") {
            role.layout = scrfd(node, role.network);
        } else {
            node.at("type").refuse("must be \"blazeface\", \"yunet\" or \"scrfd\"");
        }
        role.score_threshold = node.at("score_threshold").number_f(0.01, 0.99);
        role.nms_iou = node.at("nms_iou").number_f(0.01, 0.99);
        return role;
    }

    [[nodiscard]] LandmarksRole landmarks(const ManifestNode& node) const {
        node.allow_only(
            {"network", "mesh_output", "presence_output", "crop_factor", "passes", "passes_rolled", "rolled_degrees"});
        LandmarksRole role;
        role.network = network(node);
        role.mesh_output = output_of(node, "mesh_output", role.network, kMeshPoints * 3);
        role.presence_output = output_of(node, "presence_output", role.network, 1);
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
        role.output = position_of(node, "output", role.network);
        if (values_of(role.network, role.output) < kIrisValues)
            node.at("output").refuse(fmt::format("must have at least {} values", kIrisValues));
        role.crop_factor = node.at("crop_factor").number_f(1, 8);
        role.mirror_left = node.at("mirror_left").boolean();
        return role;
    }

    [[nodiscard]] EmbedderRole embedder(const ManifestNode& node) const {
        node.allow_only({"name", "network", "output", "dimension", "mirror", "alignment", "fusion"});
        EmbedderRole role;
        role.name = node.at("name").name();
        role.network = network(node);
        role.dimension = static_cast<std::size_t>(node.at("dimension").integer(8, 1 << 12));
        role.output = output_of(node, "output", role.network, static_cast<std::int64_t>(role.dimension));
        role.mirror = node.at("mirror").boolean();
        role.alignment = alignment(node.at("alignment"));
        const ManifestNode fusion = node.at("fusion");
        fusion.allow_only({"weight", "bias"});
        role.weight = fusion.at("weight").number(1e-6, 1e6);
        role.bias = fusion.at("bias").number(-1e6, 1e6);
        return role;
    }

private:
    [[nodiscard]] BlazeFaceLayout blazeface(const ManifestNode& node, const std::string& network) const {
        node.allow_only({"type", "network", "output", "anchors", "score_threshold", "nms_iou"});
        BlazeFaceLayout layout;
        std::int64_t rows = 0;
        for (const ManifestNode& item : node.at("anchors").items(1, kMostLevels)) {
            item.allow_only({"cells", "per_cell"});
            const AnchorGrid grid{item.at("cells").small(1, 256), item.at("per_cell").small(1, 16)};
            rows += std::int64_t{grid.cells} * grid.cells * grid.per_cell;
            layout.anchors.push_back(grid);
        }
        layout.output = output_of(node, "output", network, rows * kBlazeFaceRow);
        return layout;
    }

    [[nodiscard]] YuNetLayout yunet(const ManifestNode& node, const std::string& network) const {
        node.allow_only({"type", "network", "levels", "score_threshold", "nms_iou"});
        YuNetLayout layout;
        for (const ManifestNode& item : node.at("levels").items(1, kMostLevels)) {
            item.allow_only({"stride", "cls", "obj", "bbox", "kps"});
            const int stride = stride_of(item, network);
            const std::int64_t rows = cells_of(network, stride);
            layout.levels.push_back({stride, output_of(item, "cls", network, rows),
                                     output_of(item, "obj", network, rows),
                                     output_of(item, "bbox", network, rows * kBoxValues),
                                     output_of(item, "kps", network, rows * kFivePoints)});
        }
        return layout;
    }

    [[nodiscard]] ScrfdLayout scrfd(const ManifestNode& node, const std::string& network) const {
        node.allow_only({"type", "network", "anchors_per_cell", "levels", "score_threshold", "nms_iou"});
        ScrfdLayout layout;
        layout.anchors_per_cell = node.at("anchors_per_cell").small(1, 4);
        for (const ManifestNode& item : node.at("levels").items(1, kMostLevels)) {
            item.allow_only({"stride", "score", "bbox", "kps"});
            const int stride = stride_of(item, network);
            const std::int64_t rows = cells_of(network, stride) * layout.anchors_per_cell;
            layout.levels.push_back({stride, output_of(item, "score", network, rows),
                                     output_of(item, "bbox", network, rows * kBoxValues),
                                     output_of(item, "kps", network, rows * kFivePoints)});
        }
        return layout;
    }

    /// A level's stride, which divides the network's input into whole cells.
    [[nodiscard]] int stride_of(const ManifestNode& node, const std::string& network) const {
        const int stride = node.at("stride").small(2, 256);
        const int size = networks_.at(network).input.size;
        if (size % stride != 0) node.at("stride").refuse(fmt::format("does not divide the input's {} pixels", size));
        return stride;
    }

    [[nodiscard]] std::int64_t cells_of(const std::string& network, int stride) const {
        const std::int64_t cells = networks_.at(network).input.size / stride;
        return cells * cells;
    }

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

    /// The position of the output that the member names, among the network's.
    [[nodiscard]] std::size_t position_of(const ManifestNode& node, std::string_view member,
                                          const std::string& network) const {
        const std::string name = node.at(member).text();
        const std::vector<ExpectedOutput>& outputs = networks_.at(network).outputs;
        const auto found = std::ranges::find(outputs, name, &ExpectedOutput::name);
        if (found == outputs.end()) node.at(member).refuse("is not among the network's outputs");
        return static_cast<std::size_t>(found - outputs.begin());
    }

    /// The same; it must have `values` values.
    [[nodiscard]] std::size_t output_of(const ManifestNode& node, std::string_view member, const std::string& network,
                                        std::int64_t values) const {
        const std::size_t position = position_of(node, member, network);
        if (const std::int64_t has = values_of(network, position); has != values)
            node.at(member).refuse(fmt::format("has {} values, the role needs {}", has, values));
        return position;
    }

    [[nodiscard]] std::int64_t values_of(const std::string& network, std::size_t output) const {
        std::int64_t count = 1;
        for (const std::int64_t dim : networks_.at(network).outputs.at(output).dims) count *= dim;
        return count;
    }

    const std::map<std::string, NetworkEntry>& networks_;
};

}  // namespace

void parse_roles(const ManifestNode& roles, ModelPack& pack) {
    roles.allow_only({"detector_short", "detector_full", "landmarks", "iris", "embedders"});
    const RoleParser parser(pack.networks);
    pack.detector_short = parser.detector(roles.at("detector_short"));
    if (const auto node = roles.find("detector_full")) pack.detector_full = parser.detector(*node);
    pack.landmarks = parser.landmarks(roles.at("landmarks"));
    if (const auto node = roles.find("iris")) pack.iris = parser.iris(*node);
    for (const ManifestNode& node : roles.at("embedders").items(1, 8)) pack.embedders.push_back(parser.embedder(node));
}

}  // namespace facegate::vision
