#include "http/static_files.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "base/random.h"

namespace facegate::http {
namespace {

namespace fs = std::filesystem;

class StaticFilesTest : public ::testing::Test {
protected:
    StaticFilesTest() : root_(fs::temp_directory_path() / SystemRandom().id("static_")) {
        fs::create_directories(root_ / "web" / "js");
        write("secret.txt", "secret");
        write("web/index.html", "<p>");
        write("web/js/app.js", "let a;");
        write("web/js/index.html", "deep");
        write("web/lib.wasm", std::string("\0asm", 4));
        fs::create_symlink(root_ / "secret.txt", root_ / "web" / "link.txt");
    }
    ~StaticFilesTest() override { fs::remove_all(root_); }

    void write(const std::string& name, const std::string& bytes) const {
        std::ofstream(root_ / name, std::ios::binary) << bytes;
    }
    [[nodiscard]] static std::string header(const Response& response, const std::string& name) {
        for (const auto& [key, value] : response.headers) {
            if (key == name) return value;
        }
        return {};
    }

    fs::path root_;
};

TEST_F(StaticFilesTest, ServesWithTypeTagAndCachePolicy) {
    const StaticFiles files(root_ / "web");
    EXPECT_EQ(files.size(), 4U);
    const auto script = files.serve({}, "/js/app.js", "no-cache");
    ASSERT_TRUE(script);
    EXPECT_EQ(script->status, 200U);
    EXPECT_EQ(script->content(), "let a;");
    EXPECT_EQ(header(*script, "Content-Type"), "text/javascript; charset=utf-8");
    EXPECT_EQ(header(*script, "Cache-Control"), "no-cache");
    EXPECT_EQ(header(*files.serve({}, "/lib.wasm", ""), "Content-Type"), "application/wasm");
    EXPECT_EQ(files.serve({}, "/lib.wasm", "")->content().size(), 4U);
    EXPECT_EQ(files.serve({}, "/", "")->content(), "<p>");
    EXPECT_EQ(files.serve({}, "/js/", "")->content(), "deep");
}

TEST_F(StaticFilesTest, AnswersNotModifiedForTheSameTag) {
    const StaticFiles files(root_ / "web");
    const std::string tag = header(*files.serve({}, "/js/app.js", ""), "ETag");
    EXPECT_NE(tag, header(*files.serve({}, "/", ""), "ETag"));
    for (const std::string& sent : {tag, "\"other\", " + tag, "W/" + tag, std::string("*")}) {
        Request request;
        request.headers.emplace_back("if-none-match", sent);
        const auto answer = files.serve(request, "/js/app.js", "max-age=60");
        EXPECT_EQ(answer->status, 304U) << sent;
        EXPECT_TRUE(answer->content().empty());
        EXPECT_EQ(header(*answer, "ETag"), tag);
        EXPECT_EQ(header(*answer, "Cache-Control"), "max-age=60");
    }
    Request other;
    other.headers.emplace_back("if-none-match", "\"other\"");
    EXPECT_EQ(files.serve(other, "/js/app.js", "")->status, 200U);
}

TEST_F(StaticFilesTest, AllAnswersShareTheBytesOfAFile) {
    const StaticFiles files(root_ / "web");
    const auto one = files.serve({}, "/js/app.js", "");
    const auto other = files.serve({}, "/js/app.js", "");
    EXPECT_TRUE(one->body.empty());
    ASSERT_FALSE(one->content().empty());
    EXPECT_EQ(one->content().data(), other->content().data());
}

TEST_F(StaticFilesTest, KnowsNothingOutsideOfItsDirectory) {
    const StaticFiles files(root_ / "web");
    for (const char* path :
         {"/../secret.txt", "/js/../../secret.txt", "/link.txt", "/js", "js/app.js", "//js/app.js", ".."}) {
        EXPECT_FALSE(files.serve({}, path, "")) << path;
    }
}

TEST_F(StaticFilesTest, RefusesToStartOnMissingOrTooMuch) {
    EXPECT_THROW(StaticFiles(root_ / "nowhere"), std::runtime_error);
    EXPECT_THROW(StaticFiles(root_ / "web", 5), std::runtime_error);
}

}  // namespace
}  // namespace facegate::http
