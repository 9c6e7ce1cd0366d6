#include <string_view>

#include "app/cli.h"
#include "media/decoder_process.h"

int main(int argc, char** argv) {
    // What the server starts for itself (media::DecoderHost): before there is any thread or open file.
    if (argc == 2 && std::string_view(argv[1]) == "decoder-host") return facegate::media::run_decoder_host();
    return facegate::app::run_cli(argc, argv);
}
