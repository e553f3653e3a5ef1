#include "app/chat/failure.h"

#include <new>

#include "app/chat/model_runner.h"
#include "app/chat/reply_buffer.h"
#include "app/prompt/prompt.h"
#include "engine/types.h"

namespace app {

Failure currentFailure() {
  try {
    throw;
  } catch (const engine::Error& error) {
    return {sentenceFor(error.code()), QString::fromUtf8(error.what())};
  } catch (const PromptError& error) {
    return {ModelRunner::tr("The model's chat template cannot show this conversation."),
            QString::fromUtf8(error.what())};
  } catch (const std::bad_alloc&) {
    return {sentenceFor(engine::ErrorCode::OutOfMemory), {}};
  } catch (const std::exception& error) {
    return {ModelRunner::tr("Something went wrong inside Sotto."), QString::fromUtf8(error.what())};
  }
}

}  // namespace app
