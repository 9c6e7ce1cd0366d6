#include "app/bench/embedding_cache.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <limits>

#include "unit/app/labelled_faces.h"

namespace facegate::app::testing {
namespace {

using ::testing::HasSubstr;
using Status = PhotoEmbedding::Status;

constexpr std::size_t kDimension = 6;
constexpr std::size_t kHeader = 512;
constexpr std::size_t kRecord = 32 + 1 + kDimension * 4 + 8;

EmbeddingCache::Key key(int number) {
    return EmbeddingCache::key_of("A/A_" + std::to_string(number) + ".jpg", 100, 7);
}

PhotoEmbedding face(float value) {
    return {Status::kFace, vision::FaceVector(kDimension, value)};
}

class EmbeddingCacheFile : public ::testing::Test {
protected:
    const TemporaryDirectory directory_;
    const std::string path_ = directory_.path() / "cache";

    void SetUp() override {
        EmbeddingCache cache(path_, "pack-1", kDimension);
        for (int i = 0; i < 4; ++i) cache.add(key(i), face(static_cast<float>(i)));
        cache.add(key(4), {Status::kNoFace, {}});
    }
    void rewrite(const std::function<void(std::string&)>& change) const {
        std::string content = read_text(path_);
        change(content);
        (void)directory_.write("cache", content);
    }
    [[nodiscard]] unsigned mode() const {
        struct stat about{};
        if (::stat(path_.c_str(), &about) != 0) throw std::runtime_error("no such file");
        return about.st_mode & 07777U;
    }
    [[nodiscard]] std::string refusal(const std::string& pack, std::size_t dimension) const {
        try {
            const EmbeddingCache cache(path_, pack, dimension);
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "was opened";
    }
};

TEST_F(EmbeddingCacheFile, GivesBackWhatItHolds) {
    EmbeddingCache cache(path_, "pack-1", kDimension);
    EXPECT_EQ(cache.damaged(), 0U);
    EXPECT_EQ(cache.take(key(2))->vector, face(2).vector);
    EXPECT_EQ(cache.take(key(4))->status, Status::kNoFace);
    EXPECT_FALSE(cache.take(key(9)));
    // The same photo with other bytes or another time is another one.
    EXPECT_FALSE(cache.take(EmbeddingCache::key_of("A/A_1.jpg", 101, 7)));
    EXPECT_FALSE(cache.take(EmbeddingCache::key_of("A/A_1.jpg", 100, 8)));
}

TEST_F(EmbeddingCacheFile, IsReadableByItsOwnerAloneAndHoldsNoNames) {
    EXPECT_EQ(mode(), 0600U);
    EXPECT_EQ(read_text(path_).find("A_1"), std::string::npos);
    EXPECT_EQ(read_text(path_).size(), kHeader + 5 * kRecord);
}

TEST_F(EmbeddingCacheFile, LosesOnlyTheLastRecordWhenCutAnywhere) {
    const std::string whole = read_text(path_);
    for (std::size_t cut = 1; cut < kRecord; cut += 7) {
        (void)directory_.write("cache", whole.substr(0, whole.size() - cut));
        {
            EmbeddingCache cache(path_, "pack-1", kDimension);
            EXPECT_EQ(cache.damaged(), 1U);
            EXPECT_TRUE(cache.take(key(3)));
            EXPECT_FALSE(cache.take(key(4)));
            cache.add(key(5), face(5));
        }
        EmbeddingCache again(path_, "pack-1", kDimension);
        EXPECT_EQ(again.damaged(), 0U);
        EXPECT_EQ(again.take(key(5))->vector, face(5).vector);
    }
}

TEST_F(EmbeddingCacheFile, CutWithinItsHeaderStartsAnew) {
    for (const std::size_t length : {std::size_t{0}, std::size_t{5}, kHeader - 1}) {
        (void)directory_.write("cache", read_text(path_).substr(0, length));
        EmbeddingCache cache(path_, "pack-1", kDimension);
        EXPECT_FALSE(cache.take(key(1)));
        cache.add(key(1), face(1));
    }
}

TEST_F(EmbeddingCacheFile, SkipsADamagedRecordAndKeepsTheRest) {
    for (std::size_t byte = 0; byte < kRecord; byte += 5) {
        rewrite([byte](std::string& content) { content[kHeader + kRecord + byte] ^= 0x10; });
        {
            EmbeddingCache cache(path_, "pack-1", kDimension);
            EXPECT_EQ(cache.damaged(), 1U) << byte;
            EXPECT_FALSE(cache.take(key(1)));
            EXPECT_TRUE(cache.take(key(0)));
            EXPECT_TRUE(cache.take(key(4)));
        }
        rewrite([byte](std::string& content) { content[kHeader + kRecord + byte] ^= 0x10; });
    }
}

TEST_F(EmbeddingCacheFile, IsBoundToItsPack) {
    EXPECT_THAT(refusal("pack-2", kDimension), HasSubstr("another pack than \"pack-2\""));
    EXPECT_THAT(refusal("pack-1", kDimension + 1), HasSubstr("another pack"));
    EXPECT_EQ(refusal("pack-1", kDimension), "was opened");
}

TEST_F(EmbeddingCacheFile, WritesOverNoOtherFile) {
    const std::string text(2000, 'x');
    (void)directory_.write("cache", text);
    EXPECT_THAT(refusal("pack-1", kDimension), HasSubstr("no cache"));
    EXPECT_EQ(read_text(path_), text);
    (void)directory_.write("cache", "short");
    EXPECT_THAT(refusal("pack-1", kDimension), HasSubstr("no cache"));
    EXPECT_EQ(read_text(path_), "short");
    std::filesystem::remove(path_);
    std::filesystem::create_symlink(directory_.write("target", ""), path_);
    EXPECT_THAT(refusal("pack-1", kDimension), HasSubstr("symbolic link"));
}

TEST_F(EmbeddingCacheFile, LeavesTheModeOfAnotherFileAlone) {
    (void)directory_.write("cache", std::string(2000, 'x'));
    ASSERT_EQ(::chmod(path_.c_str(), 0644), 0);
    EXPECT_THAT(refusal("pack-1", kDimension), HasSubstr("no cache"));
    EXPECT_EQ(mode(), 0644U);
}

TEST_F(EmbeddingCacheFile, BecomesPrivateWhenItsOwnerLeftItReadable) {
    ASSERT_EQ(::chmod(path_.c_str(), 0644), 0);
    EXPECT_THAT(refusal("pack-2", kDimension), HasSubstr("another pack"));
    EXPECT_EQ(mode(), 0644U);
    EXPECT_EQ(refusal("pack-1", kDimension), "was opened");
    EXPECT_EQ(mode(), 0600U);
}

TEST_F(EmbeddingCacheFile, IsRefusedWhenOthersMayWriteIt) {
    for (const mode_t open : {0620U, 0602U}) {
        ASSERT_EQ(::chmod(path_.c_str(), open), 0);
        EXPECT_THAT(refusal("pack-1", kDimension), HasSubstr("may be written by other users"));
        EXPECT_EQ(mode(), open);
    }
}

TEST_F(EmbeddingCacheFile, IsRefusedUnderASecondName) {
    std::filesystem::create_hard_link(path_, directory_.path() / "second");
    EXPECT_THAT(refusal("pack-1", kDimension), HasSubstr("hard link"));
    std::filesystem::remove(directory_.path() / "second");
    EXPECT_EQ(refusal("pack-1", kDimension), "was opened");
}

TEST_F(EmbeddingCacheFile, IsRefusedWhenItBelongsToAnotherUser) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
    ASSERT_EQ(::chown(path_.c_str(), 12345, static_cast<gid_t>(-1)), 0);
    EXPECT_THAT(refusal("pack-1", kDimension), HasSubstr("another user"));
}

TEST_F(EmbeddingCacheFile, SkipsVectorsThatAreNotFinite) {
    for (const float odd : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
        {
            EmbeddingCache cache(path_, "pack-1", kDimension);
            PhotoEmbedding embedding = face(1);
            embedding.vector.back() = odd;
            cache.add(key(7), embedding);
            cache.add(key(8), face(8));
        }
        EmbeddingCache cache(path_, "pack-1", kDimension);
        EXPECT_GT(cache.damaged(), 0U);
        EXPECT_FALSE(cache.take(key(7)));
        EXPECT_EQ(cache.take(key(8))->vector, face(8).vector);
    }
}

TEST_F(EmbeddingCacheFile, IsForOneProcessAtATime) {
    const EmbeddingCache cache(path_, "pack-1", kDimension);
    EXPECT_THAT(refusal("pack-1", kDimension), HasSubstr("in use"));
}

}  // namespace
}  // namespace facegate::app::testing
