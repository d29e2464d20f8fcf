---@meta

--- Declarations for editors (LuaLS): what a recipe's script can use. Nothing
--- here runs.

--- How the camera moves; each component from the request's own if not given.
---@class Motion
---@field x? number to the right
---@field y? number up
---@field z? number forward
---@field r? number roll, clockwise
---@field bg_x_pan? number the background, to the right
---@field bg_y_pan? number the background, up

--- The fields of one generation. They lie over the cell's request, `motion` by
--- component; `runway.none` removes one.
---@class Request
---@field prompt? string
---@field model? string
---@field ratio? string "16:9", "9:16" …
---@field style? string
---@field seconds? number
---@field seed? integer
---@field motion? Motion
---@field image? string|Image path below the recipe's folder, or URL: the first frame
---@field last_image? string|Image the last frame
---@field video? string|Clip|File path below the recipe's folder, or URL, or a clip: to work from
---@field character_video? string|Clip|File the same, of a character to act as `video` does
---@field structure? number 0 to 1: how far video2video leaves the clip's shapes
---@field expression_intensity? integer 1 to 5: of act_two
---@field body_control? boolean act_two moves the body, too
---@field flip? boolean upright
---@field extra? table passed through as it is

--- What `runway.generate` takes: fields, and how to buy them.
---@class Order: Request
---@field take? integer 1, 2 …: the same request bought again on purpose
---@field gateway? string the recipe's own
---@field route? string "generate", "video2video" …; the recipe's own

--- A picture of a clip: what a request carries for it. It is cut only when a
--- request with it is really bought. Read-only.
---@class Image
---@field frame "first"|"last"|number
---@field of string the purchase that the clip is of
---@field file? integer which of its files, from 2

--- One file that was delivered, and what is known of it. Read-only. A plan has
--- no file of what is still to be bought: there `seconds`, `width` and `height` are
--- what was asked for, and `sha256`, `bytes` and `path` are nil.
---@class File
---@field n integer from 1, of the files of one generation
---@field seconds number
---@field width integer
---@field height integer
---@field task_id? string
---@field request Request what it was bought with
---@field sha256? string
---@field bytes? integer
---@field path? string
---@field frame fun(self: File, at: "first"|"last"|number): Image seconds from 0 to its end

--- A delivered generation: its first file, and all where there are several.
---@class Clip: File
---@field files? File[]

--- What `pcall` gets when a purchase ends without a clip.
---@class PurchaseError
---@field kind string "failed", "moderation", "refused", "timeout", "not_found", "diverged" …
---@field message string
---@field task_id? string

--- One combination of the sweep: besides these, every axis, every parameter and
--- every field of the request by its name. Read-only.
---@class Cell: Request
---@field index integer from 1
---@field name string
---@field take integer
---@field [string] any

---@class WaitOptions
---@field timeout? number|string seconds, or "30m"
---@field gateway? string the recipe's own

--- How a generation stands.
---@class Status
---@field state string "running", "delivered", "failed" …
---@field task_id? string
---@field progress? number 0 to 1
---@field kind? string why it has failed
---@field message? string

--- A function that runs beside the one that spawned it.
---@class Job
---@field await fun(self: Job): ... waits for it: what its function returned, or its error

---@class Json
---@field null lightuserdata
---@field decode fun(text: string): any raises for what is not JSON
---@field encode fun(value: any): string keys sorted; raises for what JSON cannot say
---@field list fun(list: table): table marked as a list, so that it is one even when empty

--- What a script buys with, and waits by.
---@class Runway
---@field json Json
---@field params table<string, any> what `-p NAME=VALUE` set, read-only
---@field none lightuserdata in a request: leave this field out
runway = {}

--- Buy one generation, or find it bought. Waits only for its acceptance.
---@param fields string|Order a prompt, or fields over the cell's request
---@return string task_id
function runway.generate(fields) end

--- Wait until a generation is delivered; raises a PurchaseError when it fails.
---@overload fun(task_ids: string[], options?: WaitOptions): Clip[]
---@param task_id string
---@param options? WaitOptions
---@return Clip clip
function runway.wait(task_id, options) end

--- Wait for the first of several to be delivered. Those that fail are passed
--- over; when all have, the first one's PurchaseError is raised.
---@param task_ids string[]
---@param options? WaitOptions
---@return Clip clip
---@return integer index of its id in the list
function runway.any(task_ids, options) end

--- Generate and wait.
---@param fields string|Order
---@return Clip clip
function runway.clip(fields) end

--- How a generation stands: read once at the gateway while it is open, and
--- without it once it has ended.
---@param task_id string
---@return Status status
function runway.status(task_id) end

--- Cancel a generation. Raises a PurchaseError "unsupported" where the gateway
--- has no way to, "not_cancelled" where it did not say yes.
---@param task_id string
---@return boolean cancelled false: it had ended, or its clip is ready, and is kept
function runway.cancel(task_id) end

--- A picture for a request, checked now: a PNG, JPEG or WebP file below the
--- recipe's folder, or a URL.
---@param path string
---@return string image
function runway.image(path) end

--- A text of a prompt. Services take plain text: a weight says where it stands
--- (the heavier first), and whether it does (0 leaves it out), nothing more.
---@class Weighed
---@field [1] string
---@field weight? number from 0; 1

--- A part of a prompt. A list is for runway.prompts; its `weight` is that of
--- those of its texts that have none of their own.
---@class PartList
---@field [integer] string|Weighed
---@field weight? number

---@alias Part string|Weighed|PartList

--- A prompt of named parts. The first text may be a template, `"${shot} of
--- ${subject}, ${light}"` (`$${` stands for `${`), in which every part stands; one
--- that is left out takes its comma along. Without a template the parts are joined
--- with ", ": the heavier first, of equal ones first those of the list and then the
--- named, by name.
---@param parts table<string|integer, Part>
---@return string prompt
function runway.prompt(parts) end

--- The same for every combination of those parts that are lists: the first part
--- changes slowest, those of the list first, then the named, by name.
---@param parts table<string|integer, Part>
---@return string[] prompts
function runway.prompts(parts) end

--- Run a function beside this one, in the same cell. The cell ends when its
--- function and all its jobs have. A job's error that nobody awaited fails the
--- cell; when the cell's function raises, its jobs are stopped.
---@param fn fun(...): ...
---@param ... any its arguments
---@return Job job
function runway.spawn(fn, ...) end

--- Call fn(item, index) for every item of a list, each in a job of its own. All
--- have ended when it returns, or raises the first failure in the list's order.
---@generic T, R
---@param list T[]
---@param fn fun(item: T, index: integer): R
---@return R[] results in the list's order
function runway.map(list, fn) end

--- A row of the run's results, `results.csv` and `results.json`.
---@param name string
---@param value any a number, a text, a boolean, or a table of them
function runway.collect(name, value) end

--- Let other cells go on for a while.
---@param duration number|string seconds, or "30m"
function runway.sleep(duration) end

--- A line for people, on stderr.
---@param ... any
function runway.log(...) end

--- When the run started, in seconds since 1970; the same for all its cells.
---@return number
function runway.now() end

-- --- a recipe's tests, orbit_test.lua beside orbit.yaml: what there is besides
-- the language, and in place of `runway`

--- How the recipe is run; without them as its file has it.
---@class Rehearsal
---@field params? table<string, any> as with -p
---@field overrides? string[] as on the command line: "motion.z=2"
---@field gateway? string
---@field first? integer only so many cells
---@field only? string only the cells for which this is true
---@field answer? fun(purchase: Asked): Answer? what becomes of an order

--- An order that a run would send.
---@class Asked
---@field request Request
---@field route string
---@field gateway string
---@field take integer
---@field n integer how often it was sent, this time included
---@field cell string the first that asked for it
---@field credits? number where the price is known

--- Without `fail` a clip, with what was asked for where this says nothing.
---@class Answer
---@field fail? string of which kind: "moderation", "failed" …
---@field message? string of the failure
---@field seconds? number of the clip
---@field width? integer
---@field height? integer
---@field took? number seconds, until it was there

---@class BoughtPurchase
---@field request Request
---@field route string
---@field gateway string
---@field take integer
---@field credits? number
---@field shared boolean another cell's, which asked for the same
---@field fail? string of which kind
---@field output? string the name under which the cell returned it

---@class RunCell
---@field index integer
---@field name string
---@field ok boolean
---@field error? { kind: string, message: string }
---@field outputs string[] names: "orbit/x4_r0"
---@field purchases BoughtPurchase[] all that its script asked for, in that order
---@field rows { name: string, value: any }[] what it collected

--- What came of it.
---@class Run
---@field ok boolean no cell failed
---@field bought integer orders, retries included
---@field shared integer times that a cell asked for what another one had asked for
---@field failed integer cells
---@field credits? number nil where a price is not known
---@field credits_least? number
---@field seconds number how long it would have taken
---@field names string[] all outputs, in the order of cells
---@field cells RunCell[]
---@field rows { cell: string, name: string, value: any }[]
---@field log string[] "orbit/x4_r0: …"
---@field warnings string[]

--- One test.
---@param name string
---@param fn fun()
function test(name, fn) end

--- Run the recipe to its end, without money, network or files, in no time; what
--- was bought before does not count. Raises where the recipe is wrong.
---@param how? Rehearsal
---@return Run
function recipe(how) end

--- A condition that holds. When it does not, its values are told.
---@generic T
---@param ok T
---@param message? string
---@return T ok
function expect(ok, message) end

--- Two values that are the same, tables by what is in them.
---@param found any
---@param expected any
---@param message? string
function same(found, expected, message) end

--- A function that raises; what it raises has this in its message.
---@param fn fun()
---@param part? string
---@return any err
function raises(fn, part) end
