#include "app/bench/pairs_file.h"

#include <gmock/gmock.h>

#include "unit/app/labelled_faces.h"

namespace facegate::app::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string message_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "nothing was thrown";
}

TEST(PairsFile, ReadsBlocksOfFolds) {
    const PairsList list = parse_pairs(
        "2\t1\n"
        "Ada_Lovelace\t1\t4\n"
        "Ada_Lovelace\t1\tAlan_Turing\t2\n"
        "Alan_Turing\t3\t2\n"
        "Alan_Turing\t1\tMary_Shelley\t12\n",
        "pairs.txt");
    EXPECT_EQ(list.folds, 2U);
    ASSERT_EQ(list.pairs.size(), 4U);
    EXPECT_TRUE(list.pairs[0].genuine);
    EXPECT_EQ(list.pairs[0].b.name, "Ada_Lovelace");
    EXPECT_EQ(list.pairs[0].b.number, 4);
    EXPECT_FALSE(list.pairs[3].genuine);
    EXPECT_EQ(list.pairs[3].b.name, "Mary_Shelley");
    EXPECT_EQ(list.pairs[3].b.number, 12);
    EXPECT_EQ(list.pairs[3].line, 5U);
    EXPECT_EQ(list.pairs[1].fold, 0U);
    EXPECT_EQ(list.pairs[2].fold, 1U);
}

TEST(PairsFile, DealsFoldsWhereTheListHasNone) {
    std::string lines;
    for (int i = 1; i <= 25; ++i) lines += "A\t" + std::to_string(i) + "\t100\n";
    for (int i = 1; i <= 25; ++i) lines += "A\t" + std::to_string(i) + "\tB\t1\n";
    for (const std::string& text : {lines, "25\n" + lines}) {
        const PairsList list = parse_pairs(text, "pairs.txt");
        EXPECT_EQ(list.folds, 10U);
        std::array<std::array<int, 2>, 10> counts{};
        for (const PhotoPair& pair : list.pairs) ++counts.at(pair.fold)[pair.genuine ? 1 : 0];
        for (const auto& fold : counts) {
            EXPECT_GE(fold[0], 2);
            EXPECT_GE(fold[1], 2);
        }
    }
    EXPECT_EQ(parse_pairs("A\t1\t2\nA\t1\t3\nA\t2\t3\nA\t1\tB\t1\nA\t1\tB\t2\n", "p").folds, 2U);
    EXPECT_EQ(parse_pairs("A\t1\t2\n", "p").folds, 0U);
}

TEST(PairsFile, TakesWindowsLinesAndSpacesInNames) {
    const PairsList list = parse_pairs(
        "\xef\xbb\xbf"
        "1\t1\r\nAda Lovelace\t1\t2\r\n\r\nAda Lovelace\t1\tÉmilie\t0\r\n",
        "p");
    ASSERT_EQ(list.pairs.size(), 2U);
    EXPECT_EQ(list.pairs[0].a.name, "Ada Lovelace");
    EXPECT_EQ(list.pairs[1].b.name, "Émilie");
    EXPECT_EQ(list.pairs[1].line, 4U);
}

TEST(PairsFile, NamesTheLineThatIsWrong) {
    const std::pair<std::string, std::string> cases[] = {
        {"A\t1\t2\nA\t1\tx\n", "pairs.txt:2"},
        {"A\t1\t2\nA\t-1\t2\n", "pairs.txt:2"},
        {"A\t1\t2\n10\t300\n", "pairs.txt:2"},
        {"A 1 2\n", "pairs.txt:1"},
        {"A\t1\t2\tB\t3\n", "pairs.txt:1"},
        {"A\t1\t2\n../etc\t1\t2\n", "plain folder name"},
        {"A\t1\tB/C\t2\n", "plain folder name"},
        {"A\t1\t..\t2\n", "plain folder name"},
        {"\t1\t2\n", "255 bytes"},
        {"A\t3\t3\n", "itself"},
        {"A\t1\tA\t2\n", "one person"},
        {"A\t99999999\t2\n", "not a photo number"},
        {"2\t1\nA\t1\t2\nA\t1\tB\t2\n", "header promises"},
        {"0\t1\nA\t1\t2\n", "pairs.txt:1"},
        {"", "no pairs"},
        {"10\t300\n", "no pairs"},
    };
    for (const auto& [text, complaint] : cases) {
        EXPECT_THAT(message_of([&] { (void)parse_pairs(text, "pairs.txt"); }), HasSubstr(complaint)) << text;
    }
}

TEST(PairsFile, NamesThePhotosThatAreMissing) {
    LabelledFolder folder;
    folder.path = "photos";
    folder.people = {{"A", {{"A/A_0001.jpg", 1}, {"A/A_0002.png", 2}}}, {"B", {{"B/B_0007.jpg", 7}}}};
    const PairsList good = parse_pairs("A\t2\t1\nA\t1\tB\t7\n", "p");
    const auto places = locate_pairs(good, folder, "p");
    ASSERT_EQ(places.size(), 2U);
    EXPECT_EQ(places[0].a.photo, 1U);
    EXPECT_EQ(places[1].b.person, 1U);

    const PairsList bad = parse_pairs("A\t2\t1\nA\t3\tC\t7\n", "p");
    EXPECT_THAT(message_of([&] { (void)locate_pairs(bad, folder, "pairs.txt"); }),
                AllOf(HasSubstr("2 photos"), HasSubstr("A/A_0003.jpg (line 2)"), HasSubstr("C/C_0007.jpg")));
}

TEST(LabelledFolder, IsReadOneLevelDeep) {
    const TemporaryDirectory directory;
    for (const char* file : {"Ben/Ben_0002.jpg", "Ben/Ben_0001.JPEG", "Ben/holiday.png", "Ben/notes.txt",
                             "Ada/Ada_1.jpg", "loose.jpg", "Ada/deeper/Ada_0002.jpg", "Empty/notes.txt"}) {
        (void)directory.write(file, "x");
    }
    // Loops: a person's folder that leads back up, and a photo that is itself.
    std::filesystem::create_directory_symlink(directory.path(), directory.path() / "Loop");
    std::filesystem::create_directory_symlink("..", directory.path() / "Ada" / "up");
    std::filesystem::create_symlink("self.jpg", directory.path() / "Ada" / "self.jpg");
    const LabelledFolder folder = read_labelled_folder(directory.path());
    ASSERT_EQ(folder.people.size(), 2U);
    EXPECT_EQ(folder.people[0].name, "Ada");
    ASSERT_EQ(folder.people[0].photos.size(), 1U);
    EXPECT_EQ(folder.people[0].photos[0].number, 1);
    ASSERT_EQ(folder.people[1].photos.size(), 3U);
    EXPECT_EQ(folder.people[1].photos[0].file, "Ben/Ben_0001.JPEG");
    EXPECT_EQ(folder.people[1].photos[1].number, 2);
    EXPECT_FALSE(folder.people[1].photos[2].number);
    EXPECT_EQ(folder.photos, 4U);
    EXPECT_EQ(folder.ignored, 7U);
}

TEST(LabelledFolder, WithoutPhotosIsRefused) {
    const TemporaryDirectory directory;
    EXPECT_THAT(message_of([&] { (void)read_labelled_folder(directory.path()); }), HasSubstr("no photo found"));
    EXPECT_THAT(message_of([&] { (void)read_labelled_folder(directory.path() / "missing"); }), HasSubstr("missing"));
}

}  // namespace
}  // namespace facegate::app::testing
