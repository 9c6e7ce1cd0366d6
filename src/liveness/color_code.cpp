#include "liveness/color_code.h"

namespace facegate::liveness {
namespace {

// Found by a greedy search over all orders without equal neighbours: each keeps kMaxOrderCorrelation to those before it
// and to itself shifted by a colour or more. The tests measure it again.
constexpr std::string_view kOrders[] = {
    // clang-format off
    "cmrymrg", "mybgbmy", "gcgyrcb", "bgyrbyc", "gmrcryc", "bgbygmb", "mcbgmby", "mygbmgc", "rcygrcb", "yrmybcr",
    "cgygmgm", "mcmbryc", "rbrbgym", "gcybygm", "gycbrcg", "ycgycym", "rgmcbrm", "bymbygm", "rcrbmgb", "rbygcgy",
    "ycymgmc", "bcgcmbr", "cygrymr", "gbrmrcb", "mbygrcg", "gbmyrgy", "gmbymcr", "rcrcgbg", "cmcgcyr", "gmycbcy",
    "mybycrb", "gcmgbgm", "gmcrmrg", "ymbcgbg", "ycmgymb", "cbymybr", "mgbrmgy", "rgmcrgy", "rbmryby", "mcrymgr",
    "rmbcryc", "brgmyrm", "gybymbc", "bmgcrcm", "bcmgygm", "ymgcmcr", "ygybrmy", "ybmymcg", "crmgcyc", "rmgymbg",
    "bmrcyrb", "mcygbyb", "ybycgmr", "mrygycb", "ymcmgcy", "cygcmcy", "crcmrcb", "cbgmyry", "ymrmgbg", "cymgycy",
    "bcrcgby", "grgcryc", "myrycym", "rcbcycb", "ycgmycr", "yrmcrcm", "mybcgcm", "ybrbybr", "yrgbrcb", "rbryryb",
    "bgrgbgc", "mbrbrcy", "rbrgmcr", "mgrbrby", "rcycmgy", "bcgmgmr", "ryrbybr", "gbycbry", "bgymgcm", "gmymrmy",
    "cgbcmgm", "cbrbryr", "gmygrgr", "rymymrc", "gcgbymr", "mymcrym", "bgbcrcm", "bymgrgb", "mgmgmcg", "rcybgcm",
    "ycrbrbg", "ymrbrmc", "cybcybm", "ybrcbgm", "ybmcmgc", "ycbgbcm", "brbcmyr", "rgygmbm", "ybmcmrm", "gcmcmgy",
    "crcrmyb", "cbgcymb", "mcygybr", "rgcbmbc", "gmygybg", "ycgrbgb", "mgrcyrg", "ymrgrcb", "gybgrgb", "cgrymgy",
    "gcyrcrb", "ycygmgc", "ryrgmbg", "ycbgmbg", "mgbgygc", "grmcygr", "myrymcr", "rybyrcg", "crgbygr", "cmybrbc",
    "gcbgygm", "cmbgrgb", "mcrcrgm", "crcmyby", "rcyrbmc", "mgmrbmg", "gmygbym", "bcrgybc", "cgymrcy", "ybrcygb",
    "ymcbmcg", "bcbgrcg", "gcrcyrb", "brmcgbg", "mbrbymc", "mrmgmrg", "gybcbyr", "cbmcrcm", "rcgbrbm", "mbycmrg",
    "bgmcbcy", "byrcymr", "cbgbrcg", "ycbcrcr", "crmyrcb", "mbmgymr", "mrmcrgy", "gmrcrmy", "crgcgry", "grgbrbr",
    "gbgmryb", "rcycgrb", "mbmrmyg", "crybcbg", "ygrgrgb", "rbmcrbg", "mgmyrcm", "ymcmbrb", "ymrybyb", "rbmcbyr",
    "bgmcbyr", "bmycmcy", "ybyrygm", "ymgbyby", "bgbgbcr", "mcgmrgc", "bcybmyr", "ymrcgrc", "bgmgrby", "rgycrym",
    "mcymyby", "rgrgybm", "rgrcygb", "rgmcgmy", "cymgyrg", "mycgcyg", "mbgbgmy", "ygmgycr", "cbrcmcy", "rbgmrbg",
    "ymgcbrg", "ybrygcm", "mcgmbrb", "ycrgrgr", "rcybymg", "gcmbycg", "ygrgcgm", "cmbcmcy", "grmymrb", "rbybygc",
    "rbrgbrm", "mgybygm", "gmrmbmc", "ymygmyc", "ybrbcmb", "rgmcrbc", "cbycgmg", "mgrgyrm", "mgycgcy", "brybmcb",
    "ygrcmgr", "gcygycm", "myrcrcm", "crybmyb", "mgmbmrc", "rmrbmbg", "rgrybgy", "ybrcyry", "crygrym", "ycmyrgb",
    "rgbgmgb", "gmgbmgm", "cybcrcy", "rbcbgbr", "rgyrgyb", "rgcycgb", "gygcmym", "mgmbcbg", "ymycrym", "mgmycgc",
    "mcycmbg", "rbmcbmg",
    // clang-format on
};

constexpr Rgb color_of(char letter) {
    switch (letter) {
        case 'r': return {255, 0, 0};
        case 'y': return {255, 255, 0};
        case 'g': return {0, 255, 0};
        case 'c': return {0, 255, 255};
        case 'b': return {0, 0, 255};
        default: return {255, 0, 255};
    }
}

}  // namespace

std::size_t color_order_count() {
    return std::size(kOrders);
}

ColorOrder color_order(std::size_t index) {
    ColorOrder order{};
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = color_of(kOrders[index][i]);
    return order;
}

}  // namespace facegate::liveness
