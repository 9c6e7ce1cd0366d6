#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "vision/calibration.h"
#include "vision/manifest_node.h"

namespace facegate::vision {

/// A calibration with its origin: `{source, tables}`, 1-16 tables `{photos, points: [{fmr, s}]}`, each with 2-64 points
/// of falling fmr and rising s; the source, which data it was measured on, in at most 1,024 bytes
/// of words. Throws ManifestError naming the member.
std::pair<Calibration, std::string> parse_calibration(const ManifestNode& node);

/// A calibration file, as `facegate bench accuracy --calibrate` writes it: `{format: 1, pack, calibration}`.
/// kProviderError naming the file, what is wrong and the remedy; so also when `pack` is not `pack_id`, since scores of
/// different packs do not compare. `path` stands in messages only.
Result<Calibration> parse_calibration_file(std::string_view json, const std::string& path, const std::string& pack_id);

/// Reads and parses such a file of at most 1 MiB.
Result<Calibration> read_calibration_file(const std::string& path, const std::string& pack_id);

}  // namespace facegate::vision
