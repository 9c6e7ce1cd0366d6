#include "vision/calibration_json.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>

namespace facegate::vision {
namespace {

constexpr std::uintmax_t kLargestFile = 1 << 20;
constexpr std::size_t kLongestSource = 1024;
constexpr std::string_view kRemedy = "write it again (facegate bench accuracy DIR --calibrate FILE)";

std::vector<Calibration::Point> parse_points(const ManifestNode& node) {
    std::vector<Calibration::Point> points;
    for (const ManifestNode& item : node.items(2, 64)) {
        item.allow_only({"fmr", "s"});
        const Calibration::Point point{item.at("fmr").number(1e-12, 1), item.at("s").number(-1e6, 1e6)};
        if (!points.empty() && (point.fmr >= points.back().fmr || point.s <= points.back().s))
            item.refuse("must have a lower fmr and a higher s than the point before it");
        points.push_back(point);
    }
    return points;
}

Calibration parse_tables(const ManifestNode& node) {
    std::map<int, std::vector<Calibration::Point>> by_photos;
    for (const ManifestNode& table : node.items(1, 16)) {
        table.allow_only({"photos", "points"});
        const int photos = table.at("photos").small(1, 1000);
        if (by_photos.contains(photos)) table.at("photos").refuse("has a table already");
        by_photos[photos] = parse_points(table.at("points"));
    }
    return Calibration(std::move(by_photos));
}

}  // namespace

std::pair<Calibration, std::string> parse_calibration(const ManifestNode& node) {
    node.allow_only({"source", "tables"});
    std::string source = node.at("source").text(kLongestSource);
    return {parse_tables(node.at("tables")), std::move(source)};
}

Result<Calibration> parse_calibration_file(std::string_view json, const std::string& path, const std::string& pack_id) {
    boost::system::error_code failed;
    const boost::json::value document = boost::json::parse(boost::json::string_view(json.data(), json.size()), failed);
    if (failed)
        return fail(ErrorCode::kProviderError,
                    fmt::format("{}: is not valid JSON ({}); {}", path, failed.message(), kRemedy));
    try {
        const ManifestNode root(document);
        root.allow_only({"format", "pack", "calibration"});
        if (root.at("format").integer(0, 1 << 20) != 1)
            root.at("format").refuse("must be 1, the only format this version reads");
        const std::string pack = root.at("pack").text();
        if (pack != pack_id) {
            return fail(ErrorCode::kProviderError,
                        fmt::format("{}: is the calibration of the pack \"{}\", but the pack in use is \"{}\": scores "
                                    "of different packs do not compare; calibrate that pack or leave the setting out",
                                    path, pack, pack_id));
        }
        return parse_calibration(root.at("calibration")).first;
    } catch (const ManifestError& error) {
        return fail(ErrorCode::kProviderError, fmt::format("{}: {}; {}", path, error.what(), kRemedy));
    }
}

Result<Calibration> read_calibration_file(const std::string& path, const std::string& pack_id) {
    std::error_code failed;
    const std::uintmax_t size = std::filesystem::file_size(path, failed);
    if (failed)
        return fail(ErrorCode::kProviderError,
                    fmt::format("{}: {}; name a calibration file or {}", path, failed.message(), kRemedy));
    if (size > kLargestFile)
        return fail(ErrorCode::kProviderError, fmt::format("{}: is larger than 1 MiB; {}", path, kRemedy));
    std::ifstream stream(path, std::ios::binary);
    std::string text(size, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(size));
    if (!stream) return fail(ErrorCode::kProviderError, fmt::format("{}: cannot be read; check its permissions", path));
    return parse_calibration_file(text, path, pack_id);
}

}  // namespace facegate::vision
