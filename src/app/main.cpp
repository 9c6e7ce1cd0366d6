#include "app/cli.h"

int main(int argc, char** argv) {
    return facegate::app::run_cli(argc, argv);
}
