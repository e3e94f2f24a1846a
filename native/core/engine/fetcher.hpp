// Carries out one job: attempts until the chunk is complete or hopeless.
#pragma once

#include <memory>

#include "core/engine/job.hpp"

namespace s3pipes {

class Loop;
class Scheduler;

// On the loop's thread. Tells the scheduler when the job has ended, whichever way.
void run_job(Scheduler& scheduler, Loop& loop, std::shared_ptr<Job> job);

}  // namespace s3pipes
