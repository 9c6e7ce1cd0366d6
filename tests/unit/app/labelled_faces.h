#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "unit/temporary_directory.h"

namespace facegate::app::testing {

/// Sets an environment variable, or unsets it with null, until the end of the scope.
class EnvironmentVariable {
public:
    EnvironmentVariable(const char* name, const char* value);
    ~EnvironmentVariable();
    EnvironmentVariable(const EnvironmentVariable&) = delete;
    EnvironmentVariable& operator=(const EnvironmentVariable&) = delete;

private:
    const char* name_;
    std::optional<std::string> before_;
};

std::string read_text(const std::filesystem::path& path);

/// How many different people `write_labelled_faces` knows.
inline constexpr std::size_t kFaces = 15;

/// Fills a folder with `people` of the faces in the sample photos, each as `photos` JPEGs Person_NN/Person_NN_0001.jpg
/// that differ in size, brightness, tilt and noise: what one person's photos of one day differ in. The same files each
/// time.
void write_labelled_faces(const std::filesystem::path& folder, std::size_t people, std::size_t photos);

}  // namespace facegate::app::testing
