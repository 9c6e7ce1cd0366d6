#include "evaluation/det_plot.h"

#include <gmock/gmock.h>

namespace facegate::evaluation {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(DetPlot, PlacesPointsOnLogarithmicAxes) {
    const std::string svg = det_plot("Title", "sub", {{"one", {{1, 1, 1e-4}, {2, 1e-2, 1e-2}, {3, 1e-4, 1}}}});
    // Four decades a side: 1e-2 lies half-way, (390, 260), and the corners are the ends.
    EXPECT_THAT(svg, HasSubstr("points=\"690.0,450.0 390.0,260.0 90.0,70.0 \""));
    EXPECT_THAT(svg, HasSubstr(">1e-4</text>"));
    EXPECT_THAT(svg, HasSubstr(">0.01 %</text>"));
}

TEST(DetPlot, EscapesItsTexts) {
    const std::string svg = det_plot("<b>&\"\x01", "", {{"a<b", {}}});
    EXPECT_THAT(svg, HasSubstr("&lt;b&gt;&amp;&quot; "));
    EXPECT_THAT(svg, HasSubstr("a&lt;b"));
    EXPECT_THAT(svg, Not(HasSubstr("<b>")));
}

TEST(DetPlot, TakesRatesOfZeroAndRefusesTooManyCurves) {
    EXPECT_THAT(det_plot("t", "s", {{"one", {{1, 1, 0}, {2, 0, 1}}}}), HasSubstr("</svg>"));
    EXPECT_THROW((void)det_plot("t", "s", std::vector<PlotCurve>(7)), std::invalid_argument);
}

}  // namespace
}  // namespace facegate::evaluation
