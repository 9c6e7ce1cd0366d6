#pragma once

#include "vision/manifest_node.h"
#include "vision/model_pack.h"

namespace facegate::vision {

/// Reads a manifest's `roles` into `pack`, whose networks are there already: each role's network and outputs must exist
/// and have as many values as the role needs. Throws ManifestError naming the member.
void parse_roles(const ManifestNode& roles, ModelPack& pack);

}  // namespace facegate::vision
