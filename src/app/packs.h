#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/config.h"
#include "vision/face_engine.h"
#include "vision/model_pack.h"
#include "vision/runtime/inference.h"

/// Where model packs are and whether they are sound; for the server and for the commands alike.
namespace facegate::app {

/// The directory of the pack that `--pack` names: SHARE/packs/NAME if there is a manifest, else the name as a path.
std::string pack_directory(const std::string& share_dir, const std::string& pack);

/// The directories under SHARE/packs that have a manifest, in the order of their names.
std::vector<std::string> installed_packs(const std::string& share_dir);

/// The directory under SHARE/packs of the pack with this id, e.g. "default-1"; nothing if it is not installed. Throws
/// std::runtime_error when several directories say they are it: which one is right is not ours to guess.
std::optional<std::string> installed_pack(const std::string& share_dir, const std::string& pack_id);

/// Bytes of all files in the directory.
std::uintmax_t size_on_disk(const std::string& directory);

/// What the settings ask of the face engine. `config` as resolved().
vision::FaceEngine::Options engine_options(const Config& config);

/// Every runtime that this machine has, the fastest first; never empty.
std::vector<std::unique_ptr<vision::InferenceRuntime>> available_runtimes(const std::string& share_dir);

/// One thing checked of one file of a pack.
struct PackFinding {
    std::string file;
    std::string check;    ///< "sha-256", "licence" or a runtime's name
    std::string problem;  ///< what is wrong and what to do; empty: nothing
};

/// Checks each network's file, loads it and runs its self-test under each of `runtimes`, and looks for the licence
/// texts. Files come in the order of the manifest's networks.
std::vector<PackFinding> check_pack(const vision::ModelPack& pack,
                                    const std::vector<std::unique_ptr<vision::InferenceRuntime>>& runtimes);

}  // namespace facegate::app
