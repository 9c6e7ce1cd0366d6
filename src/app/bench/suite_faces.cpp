#include "app/bench/suite_faces.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "media/image_decoder.h"

namespace facegate::app {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kLargestPhoto = 64 << 20;
constexpr double kSamePersonFmr = 1e-3;
constexpr const char* kAdvice =
    "scripts/fetch_models fetches the sample photos; or name a folder of photos of faces with --photos DIR";

std::vector<fs::path> photo_files(const std::string& folder) {
    std::vector<fs::path> files;
    std::error_code failed;
    for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end; entry.increment(failed)) {
        std::string extension = entry->path().extension().string();
        for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        if (extension == ".jpg" || extension == ".jpeg" || extension == ".png") files.push_back(entry->path());
        if (files.size() > kMaxSuitePhotos)
            throw std::runtime_error(fmt::format("{}: more than {} photos; name fewer", folder, kMaxSuitePhotos));
    }
    if (failed) throw std::runtime_error(fmt::format("{}: {}; {}", folder, failed.message(), kAdvice));
    std::ranges::sort(files);
    return files;
}

Result<media::Image> read_photo(const fs::path& file) {
    std::error_code failed;
    const std::uintmax_t size = fs::file_size(file, failed);
    if (failed || size > kLargestPhoto) return fail(ErrorCode::kInvalidImageFormat, "cannot be read");
    Bytes bytes(size);
    std::ifstream stream(file, std::ios::binary);
    stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
    return media::decode_image(bytes);
}

}  // namespace

SuiteFaces load_suite_faces(const std::string& folder, const vision::FaceEngine& engine) {
    SuiteFaces faces;
    std::vector<vision::FaceVector> known;
    for (const fs::path& file : photo_files(folder)) {
        if (known.size() >= kMaxSuiteFaces) break;
        auto photo = read_photo(file);
        if (!photo) continue;
        ++faces.photos;
        const synthesis::NamedPhoto named{file.filename().string(), std::move(*photo)};
        for (synthesis::Subject& subject : synthesis::find_subjects(engine, {&named, 1})) {
            const vision::FaceVector vector = engine.embed(subject.photo, subject.mesh);
            const bool seen = std::ranges::any_of(known, [&](const vision::FaceVector& other) {
                return engine.calibration().false_match_rate(engine.score(vector, other), 1).fmr < kSamePersonFmr;
            });
            if (seen) continue;
            known.push_back(vector);
            (known.size() % 2 == 1 ? faces.training : faces.test).push_back(std::move(subject));
        }
    }
    if (faces.test.size() < 2) {
        throw std::runtime_error(fmt::format(
            "{}: {} people whose faces can be rendered (seen from the front, eyes open, large); four are needed. {}",
            folder, known.size(), kAdvice));
    }
    return faces;
}

}  // namespace facegate::app
