// Any bytes give files or BadArchive, the same however they are cut into pieces.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/records/tar_reader.hpp"

using namespace s3pipes;

namespace {

struct Outcome {
    std::vector<std::pair<std::string, std::string>> files;
    std::string fault;
    bool operator==(const Outcome&) const = default;
};

// A fuzzer finds no checksum by chance: put the right one into every block that asks for it.
void mend_checksums(std::string& archive) {
    for (std::size_t at = 0; at + kTarBlockBytes <= archive.size(); at += kTarBlockBytes) {
        if (archive.compare(at + 257, 4, "usta") != 0) continue;
        archive.replace(at + 148, 8, 8, ' ');
        unsigned sum = 0;
        for (std::size_t i = 0; i < kTarBlockBytes; ++i)
            sum += static_cast<unsigned char>(archive[at + i]);
        char digits[8];
        std::snprintf(digits, sizeof digits, "%06o", sum);
        archive.replace(at + 148, 7, digits, 7);
    }
}

Outcome read(std::string_view archive, const std::uint8_t* cuts, std::size_t scale) {
    TarReader reader;
    Outcome outcome;
    const auto drain = [&] {
        for (;;) {
            switch (reader.step()) {
                case TarReader::Step::hungry:
                case TarReader::Step::end: return;
                case TarReader::Step::member:
                    if (!outcome.files.empty() && outcome.fault == "open") std::abort();
                    outcome.files.emplace_back(reader.name(), "");
                    outcome.fault = reader.size() > 0 ? "open" : "";
                    break;
                case TarReader::Step::payload:
                    if (reader.payload().empty()) std::abort();
                    outcome.files.back().second += reader.payload();
                    if (outcome.files.back().second.size() > reader.size()) std::abort();
                    if (outcome.files.back().second.size() == reader.size()) outcome.fault = "";
                    break;
            }
        }
    };
    try {
        std::size_t turn = 0;
        for (std::size_t at = 0; at < archive.size();) {
            const std::size_t wanted = 1 + cuts[turn++ % 4] * scale;
            const std::string piece(archive.substr(at, wanted));
            at += piece.size();
            reader.feed(piece);
            drain();
        }
        drain();
        reader.finish();
        if (outcome.fault == "open") std::abort();  // a short file passed for a whole one
    } catch (const BadArchive& error) {
        outcome.fault = error.what();
    }
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 4) return 0;
    std::string archive(reinterpret_cast<const char*>(data) + 4, size - 4);
    mend_checksums(archive);
    const std::uint8_t whole[] = {255, 255, 255, 255};
    const Outcome expected = read(archive, whole, 1u << 20);
    for (std::size_t scale : {1u, 13u})
        if (!(read(archive, data, scale) == expected)) std::abort();
    return 0;
}
