// What can be asked of an account; each throws Fault where S3 would refuse.
#pragma once

#include "sim/s3/account.hpp"
#include "sim/s3/answer.hpp"
#include "sim/s3/call.hpp"

namespace s3pipes::sim {

Answer list_buckets(Account& account, const Call& call);
Answer create_bucket(Account& account, const Call& call);
Answer delete_bucket(Account& account, const Call& call);
Answer head_bucket(Account& account, const Call& call);
Answer bucket_location(Account& account, const Call& call);
Answer bucket_versioning(Account& account, const Call& call);

Answer list_objects_v1(Account& account, const Call& call);
Answer list_objects_v2(Account& account, const Call& call);

Answer get_object(Account& account, const Call& call);  // and HEAD, which sends no body
Answer put_object(Account& account, const Call& call);
Answer copy_object(Account& account, const Call& call);
Answer delete_object(Account& account, const Call& call);
Answer delete_objects(Account& account, const Call& call);
Answer object_attributes(Account& account, const Call& call);

Answer create_upload(Account& account, const Call& call);
Answer upload_part(Account& account, const Call& call);
Answer upload_part_copy(Account& account, const Call& call);
Answer complete_upload(Account& account, const Call& call);
Answer abort_upload(Account& account, const Call& call);
Answer list_parts(Account& account, const Call& call);
Answer list_uploads(Account& account, const Call& call);

}  // namespace s3pipes::sim
