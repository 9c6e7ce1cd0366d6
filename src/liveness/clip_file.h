#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "liveness/challenge.h"
#include "liveness/clip.h"

/// Clips on disk, for benches and tests: the video NAME.webm, .mkv or .mp4 beside NAME.json, which holds what was
/// asked, what the client said and when everything arrived, without signatures.
namespace facegate::liveness {

struct LabelledClip {
    bool genuine = false;
    std::string species;                ///< "genuine", or which attack it is
    std::optional<std::uint64_t> seed;  ///< of a rendered clip
    std::string face;                   ///< whose; may be empty
    Challenge challenge;                ///< that the server sent
    Clip clip;
};

inline constexpr std::size_t kMaxClipFiles = 100'000;

/// The NAME.json files of a folder, by name; none of its subfolders. kNotFound if it cannot be read or holds none,
/// kPayloadTooLarge if it holds more than kMaxClipFiles.
Result<std::vector<std::filesystem::path>> clip_files(const std::filesystem::path& folder);

/// Reads `description`, a NAME.json, and its video. The challenge's frame is that of the video's first picture, which
/// the server's event does not tell. kNotFound when a file is missing, kPayloadTooLarge, kInvalidJson,
/// kValidationFailed or kInvalidImageFormat; the message names the file and what is wrong with it.
Result<LabelledClip> read_clip(const std::filesystem::path& description);

/// Writes DIR/NAME.json and the video, its extension by its first bytes. Existing files are replaced. Of what the
/// client said, only when the colours were announced is known to the millisecond: the first and the last event get the
/// arrival of the first and the last chunk. Throws std::runtime_error when a file cannot be written.
void write_clip(const std::filesystem::path& folder, const std::string& name, const LabelledClip& clip);

}  // namespace facegate::liveness
