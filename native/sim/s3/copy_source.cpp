#include "sim/s3/copy_source.hpp"

#include "sim/s3/contents.hpp"
#include "sim/s3/digest.hpp"
#include "sim/s3/fault.hpp"
#include "sim/s3/mixed.hpp"

namespace s3pipes::sim {

CopySource parse_copy_source(const Call& call) {
    auto source = call.header("x-amz-copy-source").value_or("");
    const auto refuse = [&](const char* why) {
        throw Fault(code::invalid_argument, why)
            .with("ArgumentName", "x-amz-copy-source")
            .with("ArgumentValue", source);
    };
    const auto version = source.find("?versionId=");
    if (version != source.npos) {
        if (source.substr(version) != "?versionId=null") refuse("Invalid version id specified");
        source = source.substr(0, version);
    }
    auto path = decode_percent(source);
    if (path.starts_with('/')) path.erase(0, 1);
    const auto slash = path.find('/');
    if (slash == path.npos || slash == 0 || slash + 1 == path.size())
        refuse("Invalid copy source object key");
    return {path.substr(0, slash), path.substr(slash + 1)};
}

ObjectPtr source_of_copy(Account& account, const Call& call) {
    const auto source = parse_copy_source(call);
    return account.object(source.bucket, source.key);
}

std::string etag_of_content(const Account& account, const Content& content,
                            std::string_view source_etag) {
    if (account.reads(content.size())) {
        Hash md5(Hash::Kind::md5);
        each_piece(content, 0, content.size(), [&](std::string_view piece) { md5.add(piece); });
        return '"' + hex(md5.finish()) + '"';
    }
    auto bits = mixed(content.size());
    for (const char c : source_etag) bits = mixed(bits ^ static_cast<unsigned char>(c));
    return etag_of(bits, mixed(bits));
}

}  // namespace s3pipes::sim
