#include "app/bench/cache_path.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "crypto/secret.h"
#include "unit/app/labelled_faces.h"

namespace facegate::app::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class CachePath : public ::testing::Test {
protected:
    CachePath() { fs::create_directory(people_); }

    /// Of the folder's path, as anyone can compute it.
    [[nodiscard]] std::string file_name() const {
        return to_hex(crypto::sha256(as_bytes(fs::canonical(people_).string()))).substr(0, 16) + "-pack-1.cache";
    }
    [[nodiscard]] std::string refusal() const {
        try {
            return default_cache_path(people_, "pack-1");
        } catch (const std::runtime_error& error) {
            return error.what();
        }
    }

    const TemporaryDirectory directory_;
    const fs::path people_ = directory_.path() / "people";
    const fs::path home_ = directory_.path() / "home";
    const fs::path caches_ = directory_.path() / "caches";
};

TEST_F(CachePath, LiesInTheUsersCacheDirectory) {
    const EnvironmentVariable home("HOME", home_.c_str());
    {
        const EnvironmentVariable caches("XDG_CACHE_HOME", caches_.c_str());
        EXPECT_EQ(default_cache_path(people_, "pack-1"), caches_ / "facegate" / "bench" / file_name());
    }
    // The specification ignores an empty variable and a relative path.
    for (const char* value : {static_cast<const char*>(nullptr), "", "relative"}) {
        const EnvironmentVariable caches("XDG_CACHE_HOME", value);
        EXPECT_EQ(default_cache_path(people_, "pack-1"), home_ / ".cache" / "facegate" / "bench" / file_name());
    }
}

TEST_F(CachePath, IsTheSameByWhateverNameTheFolderIsCalled) {
    const EnvironmentVariable caches("XDG_CACHE_HOME", caches_.c_str());
    const std::string path = default_cache_path(people_, "pack-1");
    fs::create_directory_symlink(people_, directory_.path() / "link");
    EXPECT_EQ(default_cache_path(directory_.path() / "link", "pack-1"), path);
    EXPECT_EQ(default_cache_path(people_.string() + "/../people", "pack-1"), path);
    EXPECT_NE(default_cache_path(people_, "pack-2"), path);
    EXPECT_NE(default_cache_path(directory_.path(), "pack-1"), path);
}

TEST_F(CachePath, MakesItsDirectoriesForTheUserAlone) {
    const EnvironmentVariable caches("XDG_CACHE_HOME", caches_.c_str());
    (void)default_cache_path(people_, "pack-1");
    for (const fs::path& made : {caches_, caches_ / "facegate", caches_ / "facegate" / "bench"})
        EXPECT_EQ(fs::status(made).permissions(), fs::perms::owner_all) << made;
}

TEST_F(CachePath, SaysWhatToDoWithoutAPlace) {
    const EnvironmentVariable caches("XDG_CACHE_HOME", nullptr);
    {
        const EnvironmentVariable home("HOME", nullptr);
        EXPECT_THAT(refusal(), AllOf(HasSubstr("--cache FILE"), HasSubstr("--no-cache")));
    }
    const EnvironmentVariable home("HOME", directory_.write("file", "").c_str());
    EXPECT_THAT(refusal(), AllOf(HasSubstr("cannot be created"), HasSubstr("--cache FILE"), HasSubstr("--no-cache")));
}

}  // namespace
}  // namespace facegate::app::testing
