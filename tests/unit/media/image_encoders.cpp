#include "unit/media/image_encoders.h"

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include <jpeglib.h>

#include <png.h>
#include <zlib.h>

namespace facegate::media::testing {
namespace {

using Row = std::vector<std::uint8_t>;

/// One row in the inks a JPEG of that colour is given.
Row jpeg_row(const Image& image, int y, JpegOptions::Colour colour) {
    Row row;
    for (int x = 0; x < image.width; ++x) {
        const std::uint8_t* p = image.at(x, y);
        switch (colour) {
            case JpegOptions::Colour::kRgb: row.insert(row.end(), p, p + 3); break;
            case JpegOptions::Colour::kGrey: row.push_back(p[0]); break;
            // Without black, the inverted inks are the colours themselves.
            case JpegOptions::Colour::kCmykAdobe:
            case JpegOptions::Colour::kYcck:
                row.insert(row.end(), p, p + 3);
                row.push_back(255);
                break;
            case JpegOptions::Colour::kCmykPlain:
                for (int c = 0; c < 3; ++c) row.push_back(static_cast<std::uint8_t>(255 - p[c]));
                row.push_back(0);
                break;
        }
    }
    return row;
}

void set_colours(jpeg_compress_struct& info, JpegOptions::Colour colour) {
    switch (colour) {
        case JpegOptions::Colour::kRgb:
            info.input_components = 3;
            info.in_color_space = JCS_RGB;
            jpeg_set_defaults(&info);
            break;
        case JpegOptions::Colour::kGrey:
            info.input_components = 1;
            info.in_color_space = JCS_GRAYSCALE;
            jpeg_set_defaults(&info);
            break;
        default:
            info.input_components = 4;
            info.in_color_space = JCS_CMYK;
            jpeg_set_defaults(&info);
            if (colour == JpegOptions::Colour::kYcck) jpeg_set_colorspace(&info, JCS_YCCK);
            if (colour == JpegOptions::Colour::kCmykPlain) info.write_Adobe_marker = FALSE;
    }
}

/// Spectral selection cut into single coefficients and repeated successive approximation give legal scripts of many
/// scans.
std::vector<jpeg_scan_info> many_scans(int count) {
    std::vector<jpeg_scan_info> script;
    script.push_back({1, {0, 0, 0, 0}, 0, 0, 0, 0});
    for (int low = 0; static_cast<int>(script.size()) < count && low < 2; ++low) {
        for (int k = 1; k < 64 && static_cast<int>(script.size()) < count; ++k) {
            script.push_back({1, {0, 0, 0, 0}, k, k, low == 0 ? 0 : 1, low == 0 ? 1 : 0});
        }
    }
    return script;
}

void append_u32(Bytes& out, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(value >> shift));
}

struct PngShape {
    int colour = PNG_COLOR_TYPE_RGB;
    int depth = 8;
};

PngShape shape_of(PngOptions::Kind kind) {
    switch (kind) {
        case PngOptions::Kind::kRgb8: return {PNG_COLOR_TYPE_RGB, 8};
        case PngOptions::Kind::kRgb16: return {PNG_COLOR_TYPE_RGB, 16};
        case PngOptions::Kind::kGrey8: return {PNG_COLOR_TYPE_GRAY, 8};
        case PngOptions::Kind::kGrey16: return {PNG_COLOR_TYPE_GRAY, 16};
        case PngOptions::Kind::kGrey1: return {PNG_COLOR_TYPE_GRAY, 1};
        case PngOptions::Kind::kPalette:
        case PngOptions::Kind::kPaletteTransparent: return {PNG_COLOR_TYPE_PALETTE, 8};
        case PngOptions::Kind::kRgba8: return {PNG_COLOR_TYPE_RGB_ALPHA, 8};
        case PngOptions::Kind::kRgba16: return {PNG_COLOR_TYPE_RGB_ALPHA, 16};
        case PngOptions::Kind::kGreyAlpha: return {PNG_COLOR_TYPE_GRAY_ALPHA, 8};
    }
    throw std::logic_error("kind");
}

/// The palette holds 6 x 6 x 6 colours, 51 apart.
std::uint8_t palette_index(const std::uint8_t* p) {
    return static_cast<std::uint8_t>((p[0] + 25) / 51 * 36 + (p[1] + 25) / 51 * 6 + (p[2] + 25) / 51);
}

Row png_row(const Image& image, int y, const PngOptions& options) {
    const PngShape shape = shape_of(options.kind);
    if (shape.depth == 1) {
        Row row(static_cast<std::size_t>((image.width + 7) / 8));
        for (int x = 0; x < image.width; ++x) {
            if (image.at(x, y)[0] < 128) continue;
            auto& byte = row[static_cast<std::size_t>(x / 8)];
            byte = static_cast<std::uint8_t>(byte | 0x80u >> (x % 8));
        }
        return row;
    }
    Row row;
    const auto put = [&](std::uint8_t value) { row.insert(row.end(), shape.depth == 16 ? 2 : 1, value); };
    for (int x = 0; x < image.width; ++x) {
        const std::uint8_t* p = image.at(x, y);
        if (shape.colour == PNG_COLOR_TYPE_PALETTE) {
            put(palette_index(p));
            continue;
        }
        const bool grey = (shape.colour & PNG_COLOR_MASK_COLOR) == 0;
        for (int c = 0; c < (grey ? 1 : 3); ++c) put(p[c]);
        if ((shape.colour & PNG_COLOR_MASK_ALPHA) != 0) put(options.alpha);
    }
    return row;
}

void set_palette(png_structp png, png_infop info, const PngOptions& options) {
    std::vector<png_color> colours;
    for (int i = 0; i < 216; ++i) {
        colours.push_back({static_cast<png_byte>(i / 36 * 51), static_cast<png_byte>(i / 6 % 6 * 51),
                           static_cast<png_byte>(i % 6 * 51)});
    }
    png_set_PLTE(png, info, colours.data(), static_cast<int>(colours.size()));
    if (options.kind == PngOptions::Kind::kPaletteTransparent) {
        std::vector<png_byte> alpha(colours.size(), options.alpha);
        png_set_tRNS(png, info, alpha.data(), static_cast<int>(alpha.size()), nullptr);
    }
}

}  // namespace

Image test_card(int width, int height) {
    Image image{width, height, {}};
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            const bool left = x < width / 2;
            const bool top = y < height / 2;
            const auto ramp = static_cast<std::uint8_t>(255 * x / width);
            std::array<std::uint8_t, 3> pixel{0, 0, 255};
            if (left) pixel = top ? std::array<std::uint8_t, 3>{0, 255, 0} : std::array<std::uint8_t, 3>{255, 0, 0};
            if (!left && !top) pixel = {ramp, ramp, ramp};
            image.pixels.insert(image.pixels.end(), pixel.begin(), pixel.end());
        }
    }
    return image;
}

Bytes tiff_with_orientation(int orientation, bool big_endian) {
    const auto value = static_cast<std::uint8_t>(orientation);
    if (big_endian) {
        return {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, value, 0, 0, 0, 0, 0, 0};
    }
    return {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, value, 0, 0, 0, 0, 0, 0, 0};
}

Bytes encode_jpeg(const Image& image, const JpegOptions& options) {
    jpeg_compress_struct info{};
    jpeg_error_mgr errors{};
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    unsigned char* buffer = nullptr;
    unsigned long size = 0;
    jpeg_mem_dest(&info, &buffer, &size);
    info.image_width = static_cast<JDIMENSION>(image.width);
    info.image_height = static_cast<JDIMENSION>(image.height);
    set_colours(info, options.colour);
    jpeg_set_quality(&info, options.quality, TRUE);
    for (int c = 0; c < info.num_components; ++c) info.comp_info[c].h_samp_factor = info.comp_info[c].v_samp_factor = 1;
    if (options.progressive) jpeg_simple_progression(&info);
    const auto script = many_scans(options.scans);
    if (options.scans > 0) {
        info.scan_info = script.data();
        info.num_scans = static_cast<int>(script.size());
    }
    jpeg_start_compress(&info, TRUE);
    if (options.orientation) {
        Bytes exif{'E', 'x', 'i', 'f', 0, 0};
        const Bytes tiff = tiff_with_orientation(*options.orientation, options.big_endian_exif);
        exif.insert(exif.end(), tiff.begin(), tiff.end());
        jpeg_write_marker(&info, JPEG_APP0 + 1, exif.data(), static_cast<unsigned>(exif.size()));
    }
    for (int y = 0; y < image.height; ++y) {
        Row row = jpeg_row(image, y, options.colour);
        JSAMPROW rows[] = {row.data()};
        jpeg_write_scanlines(&info, rows, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    Bytes bytes(buffer, buffer + size);
    std::free(buffer);
    return bytes;
}

Bytes encode_png(const Image& image, const PngOptions& options) {
    Bytes bytes;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    png_infop info = png_create_info_struct(png);
    const auto write = [](png_structp self, png_bytep data, std::size_t size) {
        auto& out = *static_cast<Bytes*>(png_get_io_ptr(self));
        out.insert(out.end(), data, data + size);
    };
    png_set_write_fn(png, &bytes, write, nullptr);
    const PngShape shape = shape_of(options.kind);
    png_set_IHDR(png, info, static_cast<png_uint_32>(image.width), static_cast<png_uint_32>(image.height), shape.depth,
                 shape.colour, options.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (shape.colour == PNG_COLOR_TYPE_PALETTE) set_palette(png, info, options);
    Bytes tiff = tiff_with_orientation(options.orientation.value_or(1), true);
    if (options.orientation) png_set_eXIf_1(png, info, static_cast<png_uint_32>(tiff.size()), tiff.data());
    png_write_info(png, info);
    std::vector<Row> rows;
    for (int y = 0; y < image.height; ++y) rows.push_back(png_row(image, y, options));
    const int passes = png_set_interlace_handling(png);
    for (int pass = 0; pass < passes; ++pass) {
        for (auto& row : rows) png_write_row(png, row.data());
    }
    png_write_end(png, nullptr);
    png_destroy_write_struct(&png, &info);
    return bytes;
}

Bytes with_png_chunk(const Bytes& png, const char* name, ByteView data) {
    constexpr std::ptrdiff_t kAfterHeader = 8 + 25;
    Bytes body(name, name + 4);
    body.insert(body.end(), data.begin(), data.end());
    Bytes chunk;
    append_u32(chunk, static_cast<std::uint32_t>(data.size()));
    chunk.insert(chunk.end(), body.begin(), body.end());
    append_u32(chunk, static_cast<std::uint32_t>(crc32(0, body.data(), static_cast<uInt>(body.size()))));
    Bytes out = png;
    out.insert(out.begin() + kAfterHeader, chunk.begin(), chunk.end());
    return out;
}

}  // namespace facegate::media::testing
